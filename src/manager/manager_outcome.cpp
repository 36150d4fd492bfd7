#include <algorithm>

#include "base/text.h"
#include "manager/manager.h"

namespace manager {

namespace {

using namespace std::chrono_literals;

// From one certificate to the next of the same names, whatever the clock says.
// Let's Encrypt gives five a week.
constexpr base::Duration kRest = 48h;

constexpr base::Duration kUnsavedTold = 1h;

}  // namespace

void Manager::on_outcome(ManagedCertificate& certificate,
                         Attempt::Outcome outcome)
{
    certificate.attempt_over = true;
    if (outcome.result) {
        on_issued(certificate, std::move(*outcome.result));
    } else {
        prefer_another(certificate, outcome.challenge);
        on_failed(certificate, outcome.result.error(), outcome.order_usable);
    }
    wake(base::Duration(0), &Manager::tick);
}

void Manager::on_issued(ManagedCertificate& certificate,
                        Attempt::Issued issued)
{
    const bool renewed = certificate.validity.has_value();
    certificate.unsaved = std::move(issued.bundle);
    certificate.unsaved_ends_job = true;
    auto published = ports_.sink.publish(certificate.settings.id,
                                         *certificate.unsaved);
    if (!published) {
        log(base::LogLevel::crit,
            published.error().message
                + "; the new certificate will be served after the reload "
                  "with it",
            certificate);
    }
    auto& ca = cas_[certificate.issuer];
    certificate.take(issued.chain, ca.issuer->settings().directory);
    certificate.as_configured = true;
    ca.turned_away = 0;
    ca.hold_until = {};
    certificate.job.not_before.reset();
    save_bundle(certificate);
    rest(certificate);
    const auto& leaf = issued.chain.front();
    const auto now = ports_.clock.now();
    ca.counts.count_issued(std::max(now - certificate.begun, 0ms));
    ports_.status.publish(ca.issuer->settings().name, ca.counts);
    const std::string what = renewed ? "renewed" : "issued";
    const auto until = "valid until " + base::format_time(leaf.not_after());
    log(base::LogLevel::notice,
        what + ", " + until + ", next renewal at "
            + base::format_time(certificate.due(now)),
        certificate);
    note(certificate, what, until);
    renewal_watch_->start();
    stapler_->start();
}

// To a clock that is far ahead each new certificate looks due at once: that
// must not become a storm of orders.
void Manager::rest(ManagedCertificate& certificate)
{
    const auto now = ports_.clock.now();
    const auto& validity = *certificate.validity;
    const base::Duration lifetime = validity.not_after - validity.not_before;
    const auto end = now + std::min(kRest, lifetime / 4);
    if (certificate.due(now) >= end) {
        return;
    }
    log(base::LogLevel::warn,
        "the new certificate is due for renewal already; is this machine's "
        "clock right?",
        certificate);
    certificate.job.not_before = end;
    mark(certificate);
}

// On disk before the CA is asked for something new.
void Manager::mark(ManagedCertificate& certificate)
{
    auto& job = certificate.job;
    const auto now = ports_.clock.now();
    job.not_before = std::max(job.not_before.value_or(now), now + schedule::kMark);
    save_for_this(certificate);
}

void Manager::save_for_this(ManagedCertificate& certificate)
{
    auto& job = certificate.job;
    job.directory = settings_.issuers[certificate.issuer].directory;
    job.names = certificate.names_key();
    job.settings = certificate.settings_key(settings_);
    save_job(certificate.settings.id, job);
}

void Manager::save_bundle(ManagedCertificate& certificate)
{
    auto saved = ports_.store.save_bundle(certificate.settings.id,
                                          *certificate.unsaved);
    if (!saved) {
        on_unsaved(certificate, saved.error());
        return;
    }
    certificate.unsaved.reset();
    certificate.unsaved_told = {};
    deployer_->start();
    if (std::exchange(certificate.unsaved_ends_job, false)) {
        end_job(certificate);
    }
}

// What rest() said meanwhile holds on, and the type of challenge that worked
// is where the renewal begins.
void Manager::end_job(ManagedCertificate& certificate)
{
    auto& job = certificate.job;
    const auto ended = job;
    clear_job(certificate.settings.id, job);
    job.challenge = ended.challenge;
    job.revocation = ended.revocation;
    if (ended.not_before && *ended.not_before > ports_.clock.now()) {
        job.not_before = ended.not_before;
    }
    if (job.not_before || !job.challenge.empty() || job.revocation) {
        save_for_this(certificate);
    }
}

// The job keeps key and order: a restart fetches the certificate again.
void Manager::on_unsaved(ManagedCertificate& certificate,
                         const base::Error& error)
{
    const auto now = ports_.clock.now();
    storage_good_until_ = {};
    certificate.unsaved_until = now + kStorageBad;
    auto& told = certificate.unsaved_told;
    if (now < told + kUnsavedTold && now >= told) {
        return;
    }
    told = now;
    log(base::LogLevel::crit,
        error.message
            + "; the certificate is served from memory, trying again every "
              "minute to store it",
        certificate);
}

void Manager::save_job(const std::string& id, const store::Job& job)
{
    if (auto saved = ports_.store.save_job(id, job); !saved) {
        ports_.log.write(base::LogLevel::error, saved.error().message);
    }
}

void Manager::clear_job(const std::string& id, store::Job& job)
{
    const bool stored =
        job.failures > 0 || !job.order_url.empty() || job.not_before
        || !job.challenge.empty() || job.renew || job.revocation;
    job = {};
    if (!stored) {
        return;
    }
    if (auto removed = ports_.store.remove_job(id); !removed) {
        ports_.log.write(base::LogLevel::error, removed.error().message);
    }
}

}  // namespace manager
