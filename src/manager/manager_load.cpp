#include "manager/manager.h"

#include <algorithm>

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

// The event loop gets its turn between two slices.
constexpr std::size_t kSlice = 32;

constexpr base::Duration kUnreadable = 1h;

}  // namespace

void Manager::start() { acquire(); }

void Manager::acquire()
{
    auto locked = ports_.lock.try_acquire();
    if (!locked) {
        ports_.log.write(base::LogLevel::error,
                         locked.error().message
                             + "; no certificate is obtained or renewed "
                               "until this works, trying again every minute");
        wake(kLockBroken, &Manager::acquire);
        return;
    }
    if (*locked) {
        load_some();
        return;
    }
    const auto pause = std::clamp(lock_waited_, kLockFirst, kLockLongest);
    const auto before = lock_waited_;
    lock_waited_ += pause;
    if (before < kLockTold && lock_waited_ >= kLockTold) {
        ports_.log.write(base::LogLevel::warn,
                         "another nginx uses the state directory \""
                             + settings_.state_path
                             + "\"; waiting until it ends");
    }
    wake(pause, &Manager::acquire);
}

void Manager::load_some()
{
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
    wake(base::Duration(0), loaded_ < certificates_.size()
                                ? &Manager::load_some
                                : &Manager::tick);
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
    load_job(issuer_job_id(settings), ca.job);
    if (ca.job.directory != settings.directory) {
        clear_job(issuer_job_id(settings), ca.job);
    }
}

void Manager::load(ManagedCertificate& certificate)
{
    const auto& settings = certificate.settings;
    auto& job = certificate.job;
    certificate.unread = false;
    load_job(settings.id, job);
    if (job.directory != settings_.issuers[settings.issuer].directory
        || job.names != base::join(settings.names))
    {
        // An order for other names or at another CA is of no use any more,
        // and its failures say nothing about this one.
        clear_job(settings.id, job);
    }
    load_bundle(certificate);
}

void Manager::load_job(const std::string& id, store::Job& job)
{
    auto stored = ports_.store.load_job(id);
    if (!stored) {
        ports_.log.write(base::LogLevel::error, stored.error().message);
        return;
    }
    job = (*stored).value_or(store::Job{});
}

void Manager::load_bundle(ManagedCertificate& certificate)
{
    auto found = find_bundle(ports_.store, index_, certificate.settings);
    if (!found) {
        log(base::LogLevel::error, found.error().message, certificate);
        // What was damaged is in quarantine now; what is only unreadable
        // still is, and must not be replaced behind the operator's back.
        found = find_bundle(ports_.store, index_, certificate.settings);
    }
    if (!found) {
        certificate.unread = true;
        certificate.job.not_before = ports_.clock.now() + kUnreadable;
        return;
    }
    if (*found) {
        adopt(certificate, **found);
    }
}

void Manager::adopt(ManagedCertificate& certificate, const FoundBundle& found)
{
    const auto& id = certificate.settings.id;
    auto bundle = crypto::parse_bundle(found.text.reveal());
    if (!bundle) {
        log(base::LogLevel::error,
            "the stored bundle cannot be used and is moved to quarantine: "
                + bundle.error().message,
            certificate);
        // One that cannot be moved away would be found again for ever.
        if (found.own && ports_.store.quarantine_bundle(id)) {
            load_bundle(certificate);
        }
        return;
    }
    certificate.take(bundle->chain);
    certificate.as_configured = certificate.satisfied_by(
        *bundle, settings_.issuers[certificate.settings.issuer]);
    forget_finished_order(certificate, *bundle);
    if (!found.own) {
        (void) ports_.sink.publish(id, found.text);
    }
    if (!found.own && certificate.as_configured) {
        // The same names in another order, or a renamed certificate.
        certificate.unsaved = found.text;
    }
}

// A crash between storing the bundle and removing the job: resuming that
// order at the next renewal would fetch the same certificate once more.
void Manager::forget_finished_order(ManagedCertificate& certificate,
                                    const crypto::Bundle& bundle)
{
    auto& job = certificate.job;
    if (job.order_url.empty()) {
        return;
    }
    auto key = crypto::PrivateKey::from_pem(job.key_pem.reveal());
    if (key && bundle.chain.front().belongs_to(*key)) {
        clear_job(certificate.settings.id, job);
    }
}

}  // namespace manager
