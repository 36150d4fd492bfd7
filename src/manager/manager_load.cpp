#include "manager/manager.h"

#include <algorithm>
#include <utility>

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

void Manager::acquire()
{
    auto locked = ports_.lock.try_acquire();
    if (!locked) {
        on_lock_broken(locked.error());
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

void Manager::load(ManagedCertificate& certificate)
{
    const auto& settings = certificate.settings;
    certificate.unread = !load_job(settings.id, certificate.job);
    if (!certificate.is_for_this(certificate.job,
                                 settings_.issuers[settings.issuer]))
    {
        // An order for other names or at another CA is of no use any more,
        // and its failures say nothing about this one.
        clear_job(settings.id, certificate.job);
    }
    load_bundle(certificate);
    if (certificate.unread) {
        certificate.job.not_before = ports_.clock.now() + kUnreadable;
    } else {
        tell_back_off(certificate);
    }
}

// After a start an operator should not have to guess why nothing happens.
void Manager::tell_back_off(const ManagedCertificate& certificate)
{
    const auto now = ports_.clock.now();
    const auto& job = certificate.job;
    if (!job.not_before || certificate.due(now) <= now) {
        return;
    }
    const auto next =
        "the next attempt is at " + base::format_time(certificate.due(now));
    log(base::LogLevel::notice,
        job.failures == 0 ? "something was under way when the last helper "
                            "ended; "
                                + next
                          : "after " + std::to_string(job.failures)
                                + " failures " + next + ", the last one: "
                                + base::printable(job.last_error),
        certificate);
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
        // One that cannot be moved away would be found again for ever.
        const bool moved = found.own && ports_.store.quarantine_bundle(id);
        log(base::LogLevel::error,
            "certificates/" + id + ".pem cannot be used"
                + std::string(moved ? " and was moved to quarantine: " : ": ")
                + bundle.error().message,
            certificate);
        if (moved) {
            load_bundle(certificate);
        }
        return;
    }
    if (found.own && adopt_better(certificate, *bundle)) {
        return;
    }
    if (keep_current(certificate, found, *bundle)) {
        return;
    }
    take(certificate, *bundle);
    forget_finished_order(certificate, *bundle);
    // The master has put into the zone what was stored when it started; a
    // helper that ended since may have stored a newer one.
    if (auto published = ports_.sink.publish(id, found.text); !published) {
        log(base::LogLevel::crit, published.error().message, certificate);
    }
    if (!found.own && certificate.as_configured) {
        // The same names in another order, or a renamed certificate.
        certificate.unsaved = found.text;
    }
}

void Manager::take(ManagedCertificate& certificate,
                   const crypto::Bundle& bundle)
{
    certificate.take(bundle.chain);
    certificate.as_configured = certificate.satisfied_by(
        bundle, settings_.issuers[certificate.settings.issuer]);
}

// What is served may be better than what is stored: the disk was full, or the
// helper before this one died before it had stored it, or somebody put an
// older one there.
bool Manager::keep_current(ManagedCertificate& certificate,
                           const FoundBundle& found,
                           const crypto::Bundle& stored)
{
    auto text = ports_.sink.current(certificate.settings.id);
    if (!text || text->reveal() == found.text.reveal()) {
        return false;
    }
    const auto current = crypto::parse_bundle(text->reveal());
    const auto worth = [&](const crypto::Bundle& bundle) {
        const auto& leaf = bundle.chain.front();
        return std::pair(crypto::covers(leaf, certificate.settings.names),
                         leaf.not_after());
    };
    if (!current || worth(*current) <= worth(stored)) {
        return false;
    }
    log(base::LogLevel::notice,
        "the certificate stored is older or of other names than the one "
        "served, which is going to be stored",
        certificate);
    take(certificate, *current);
    certificate.unsaved = std::move(*text);
    return true;
}

// Its own bundle may be of fewer names than another one that is stored: ids
// depend on the order of names and lines in the configuration.
bool Manager::adopt_better(ManagedCertificate& certificate,
                           const crypto::Bundle& own)
{
    const auto& names = certificate.settings.names;
    if (crypto::covers(own.chain.front(), names)) {
        return false;
    }
    const auto other = index_.best_for(names);
    if (!other || *other == certificate.settings.id) {
        return false;
    }
    auto text = ports_.store.load_bundle(*other);
    if (!text || !*text) {
        return false;
    }
    adopt(certificate, FoundBundle{std::move(**text), false});
    return certificate.validity.has_value();
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
