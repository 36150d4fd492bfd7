#include "manager/manager.h"

#include <algorithm>
#include <utility>

#include "acme/problem.h"
#include "base/text.h"

namespace manager {

namespace {

using namespace std::chrono_literals;

// The lock is free as soon as the process that had it is gone: a reload
// leaves two helpers for some milliseconds.
constexpr base::Duration kLockFirst = 20ms;
constexpr base::Duration kLockLongest = 1s;
constexpr base::Duration kLockTold = 10s;
constexpr base::Duration kLockBroken = 1min;
constexpr base::Duration kLockBrokenTold = 1h;

// The event loop gets its turn between two slices.
constexpr std::size_t kSlice = 32;

constexpr base::Duration kUnreadable = 1h;

}  // namespace

void Manager::start() { acquire(); }

bool Manager::at_work() const { return locked_ || lock_waited_ < kLockTold; }

void Manager::acquire()
{
    auto locked = ports_.lock.try_acquire();
    if (!locked) {
        on_lock_broken(locked.error());
        return;
    }
    const auto before = lock_waited_;
    if (*locked) {
        locked_ = true;
        if (before >= kLockTold) {
            ports_.log.write(base::LogLevel::notice,
                             "the other nginx has ended, this one goes on");
        }
        load_some();
        return;
    }
    const auto pause = std::clamp(before, kLockFirst, kLockLongest);
    lock_waited_ += pause;
    if (before < kLockTold && lock_waited_ >= kLockTold) {
        ports_.log.write(base::LogLevel::warn,
                         "another nginx uses the state directory \""
                             + settings_.state_path
                             + "\"; waiting until it ends, and serving what "
                               "was stored when this one was last reloaded");
    }
    wake(pause, &Manager::acquire);
}

void Manager::on_lock_broken(const base::Error& error)
{
    if (lock_waited_ % kLockBrokenTold == base::Duration(0)) {
        ports_.log.write(base::LogLevel::error,
                         error.message
                             + "; no certificate is obtained or renewed "
                               "until this works, trying again every minute");
    }
    lock_waited_ += kLockBroken;
    wake(kLockBroken, &Manager::acquire);
}

void Manager::load_some()
{
    // Whatever happens below, even for want of memory, it goes on.
    wake(kLockBroken, &Manager::load_some);
    if (loaded_ == 0) {
        drop_unused();
        for (auto& ca : cas_) {
            load_ca(ca);
        }
    }
    const auto end = std::min(loaded_ + kSlice, certificates_.size());
    for (; loaded_ < end; loaded_++) {
        load(certificates_[loaded_]);
    }
    if (loaded_ < certificates_.size()) {
        wake(base::Duration(0), &Manager::load_some);
    } else {
        wake(settings_.settle, &Manager::tick);
        lookout_->start(settings_.settle);
        renewal_watch_->start();
        stapler_->start();
        deployer_->start();
    }
}

// Only now: until this process runs, the configuration before this one might
// have stayed in force.
void Manager::drop_unused()
{
    std::vector<std::string> ids;
    for (const auto& certificate : settings_.certificates) {
        ids.push_back(certificate.id);
    }
    ports_.sink.retain(ids);
}

void Manager::load_ca(Ca& ca)
{
    const auto& settings = ca.issuer->settings();
    ca.counts = ports_.status.counts_of(settings.name);
    ports_.status.publish(settings.name, ca.counts);
    (void) load_job(issuer_job_id(settings), ca.job);
    if (ca.job.names != ca.issuer->fingerprint()) {
        clear_job(issuer_job_id(settings), ca.job);
    }
    const auto now = ports_.clock.now();
    if (ca.job.failures > 0 && ready_at(ca, now) > now) {
        log(base::LogLevel::notice,
            "the next attempt is at " + base::format_time(ready_at(ca, now))
                + ", the last one: " + base::printable(ca.job.last_error),
            ca);
    }
}

// Without it the CA is asked again.
void Manager::load_renewal(ManagedCertificate& certificate)
{
    auto stored = ports_.store.load_renewal(certificate.settings.id);
    if (!stored) {
        ports_.log.write(base::LogLevel::warn, stored.error().message);
        return;
    }
    certificate.renewal = std::move(*stored);
}

void Manager::load(ManagedCertificate& certificate)
{
    const auto& settings = certificate.settings;
    load_history(certificate);
    load_renewal(certificate);
    deployer_->load(certificate);
    certificate.unread = !load_job(settings.id, certificate.job);
    const auto& job = certificate.job;
    const auto at = certificate.issuer_at(job.directory, settings_);
    if (at && job.names == certificate.names_key()) {
        certificate.issuer = *at;
        follow_settings(certificate);
    } else {
        // An order for other names or at another CA is of no use any more,
        // and its failures say nothing about this one.
        clear_job(settings.id, certificate.job);
    }
    load_bundle(certificate);
    if (certificate.unread) {
        const auto next = ports_.clock.now() + kUnreadable;
        certificate.job.not_before = next;
        log(base::LogLevel::error,
            "nothing is ordered until what is stored can be read; next look "
            "at " + base::format_time(next) + ", or at a reload",
            certificate);
    } else {
        tell_back_off(certificate);
    }
    show(certificate);
}

// Where a certificate is asked for in another way than before, the order under
// way would give what is not wanted any more, and what failed may work now.
// Only a limit of the CA's does not depend on it.
void Manager::follow_settings(ManagedCertificate& certificate)
{
    auto& job = certificate.job;
    if (job.settings.empty()
        || job.settings == certificate.settings_key(settings_))
    {
        return;
    }
    job.order_url.clear();
    job.key_pem.clear();
    job.challenge.clear();
    const auto& problem = job.last_problem;
    if (problem && acme::is(*problem, "rateLimited")) {
        return;
    }
    job.failures = 0;
    job.not_before.reset();
    job.last_error.clear();
    job.last_error_at.reset();
    job.last_problem.reset();
}

// After a start an operator should not have to guess why nothing happens.
void Manager::tell_back_off(const ManagedCertificate& certificate)
{
    const auto now = ports_.clock.now();
    const auto& job = certificate.job;
    if (!job.not_before
        || schedule::sane_not_before(*job.not_before, now) <= now)
    {
        return;
    }
    auto what =
        "the next attempt is at " + base::format_time(certificate.due(now));
    if (job.failures == 0) {
        what += ", as the helper before this one has left it";
    } else {
        what = "after " + std::to_string(job.failures)
            + (job.failures == 1 ? " failure " : " failures ") + what
            + ", the last one: " + base::printable(job.last_error);
    }
    log(base::LogLevel::notice, what, certificate);
}

// False when there is one that cannot be read: what it says must not be
// overwritten by a new one.
bool Manager::load_job(const std::string& id, store::Job& job)
{
    auto stored = ports_.store.load_job(id);
    if (!stored) {
        ports_.log.write(base::LogLevel::error, stored.error().message);
        // What was damaged is in quarantine now; what is only unreadable is
        // still there.
        stored = ports_.store.load_job(id);
    }
    if (!stored) {
        job = {};
        return false;
    }
    job = (*stored).value_or(store::Job{});
    return true;
}

}  // namespace manager
