#include <algorithm>

#include "base/text.h"
#include "manager/manager.h"

namespace manager {

namespace {

using namespace std::chrono_literals;

// From one certificate to the next of the same names, whatever the clock says.
constexpr base::Duration kRest = 24h;

constexpr base::Duration kUnsavedTold = 1h;

// Less than this left of a lifetime, a failure is an emergency.
constexpr double kCritical = 0.05;

base::LogLevel level_of(const base::Error& error, double share_left,
                        bool served)
{
    if (served && share_left < kCritical) {
        return base::LogLevel::crit;
    }
    switch (error.kind) {
    case base::ErrorKind::network:
    case base::ErrorKind::protocol:
    case base::ErrorKind::rate_limited:
        return base::LogLevel::warn;
    default:
        return base::LogLevel::error;
    }
}

}  // namespace

void Manager::on_outcome(ManagedCertificate& certificate,
                         Attempt::Outcome outcome)
{
    certificate.attempt_over = true;
    if (outcome.result) {
        on_issued(certificate, std::move(*outcome.result));
    } else {
        on_failed(certificate, outcome.result.error(), outcome.order_usable);
    }
    wake(base::Duration(0), &Manager::tick);
}

void Manager::on_issued(ManagedCertificate& certificate,
                        Attempt::Issued issued)
{
    const bool renewed = certificate.validity.has_value();
    certificate.unsaved = std::move(issued.bundle);
    auto published = ports_.sink.publish(certificate.settings.id,
                                         *certificate.unsaved);
    if (!published) {
        log(base::LogLevel::crit,
            published.error().message
                + "; the new certificate is stored and will be served after "
                  "a reload",
            certificate);
    }
    certificate.take(issued.chain);
    certificate.as_configured = true;
    save_bundle(certificate);
    rest(certificate);
    const auto& leaf = issued.chain.front();
    log(base::LogLevel::notice,
        std::string(renewed ? "renewed" : "issued") + ", valid until "
            + base::format_time(leaf.not_after()) + ", next renewal at "
            + base::format_time(certificate.due(ports_.clock.now())),
        certificate);
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
    auto& job = certificate.job;
    job.directory = settings_.issuers[certificate.settings.issuer].directory;
    job.names = base::join(certificate.settings.names);
    job.not_before = end;
    save_job(certificate.settings.id, job);
}

void Manager::save_bundle(ManagedCertificate& certificate)
{
    const auto& id = certificate.settings.id;
    auto saved = ports_.store.save_bundle(id, *certificate.unsaved);
    if (!saved) {
        on_unsaved(certificate, saved.error());
        return;
    }
    certificate.unsaved.reset();
    certificate.unsaved_told = {};
    clear_job(id, certificate.job);
}

// The job keeps key and order: a restart fetches the certificate again.
void Manager::on_unsaved(ManagedCertificate& certificate,
                         const base::Error& error)
{
    const auto now = ports_.clock.now();
    storage_good_until_ = {};
    storage_bad_until_ = now + kStorageBad;
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

void Manager::on_failed(ManagedCertificate& certificate,
                        const base::Error& error, bool order_usable)
{
    if (error.kind == base::ErrorKind::storage) {
        storage_good_until_ = {};
    }
    auto& job = certificate.job;
    if (!order_usable) {
        job.order_url.clear();
        job.key_pem.clear();
    }
    job.directory = settings_.issuers[certificate.settings.issuer].directory;
    job.names = base::join(certificate.settings.names);
    back_off(certificate.settings.id, job, error);
    const auto now = ports_.clock.now();
    std::string what = error.message + "; failure "
        + std::to_string(job.failures) + " in a row, next attempt at "
        + base::format_time(*job.not_before);
    if (certificate.validity) {
        what += ", the certificate served is valid until "
            + base::format_time(certificate.validity->not_after);
    }
    log(level_of(error, certificate.share_left(now),
                 certificate.validity.has_value()),
        what, certificate);
}

void Manager::back_off(const std::string& id, store::Job& job,
                       const base::Error& error)
{
    const auto now = ports_.clock.now();
    job.failures++;
    job.not_before =
        schedule::next_attempt(job.failures, error, now, ports_.random);
    job.last_error = error.message;
    job.last_error_at = now;
    save_job(id, job);
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
        job.failures > 0 || !job.order_url.empty() || job.not_before;
    job = {};
    if (!stored) {
        return;
    }
    if (auto removed = ports_.store.remove_job(id); !removed) {
        ports_.log.write(base::LogLevel::error, removed.error().message);
    }
}

}  // namespace manager
