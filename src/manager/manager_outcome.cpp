#include <algorithm>

#include "base/text.h"
#include "manager/manager.h"

namespace manager {

namespace {

using namespace std::chrono_literals;
using std::chrono::minutes;

// From one certificate to the next of the same names, whatever the clock says.
// Let's Encrypt gives five a week.
constexpr base::Duration kRest = 48h;

constexpr base::Duration kUnsavedTold = 1h;

// A helper that dies on an answer is replaced at once: without a mark on disk
// it would order again and again.
constexpr base::Duration kMark = 1min;

// A CA in trouble is looked at this often at least: all certificates wait.
constexpr base::Duration kLongestUnprepared = 1h;

// Less than this left of a lifetime, a failure is an emergency.
constexpr double kCritical = 0.05;

bool is_trouble(const base::Error& error)
{
    return error.kind == base::ErrorKind::network
        || error.kind == base::ErrorKind::protocol;
}

// Trouble passes: a short lifetime must not run out during a day's pause.
base::Duration longest_pause(const ManagedCertificate& certificate,
                             const base::Error& error, base::Time now)
{
    if (!certificate.validity || !is_trouble(error)) {
        return base::Duration::max();
    }
    const base::Duration left = certificate.validity->not_after - now;
    return std::max<base::Duration>(left / 8, minutes(1));
}

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
    certificate.take(issued.chain);
    certificate.as_configured = true;
    auto& ca = cas_[certificate.settings.issuer];
    ca.turned_away = 0;
    ca.hold_until = {};
    certificate.job.not_before.reset();
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
    certificate.job.not_before = end;
    mark(certificate);
}

// On disk before the CA is asked for something new.
void Manager::mark(ManagedCertificate& certificate)
{
    auto& job = certificate.job;
    job.directory = settings_.issuers[certificate.settings.issuer].directory;
    job.names = certificate.names_key();
    const auto now = ports_.clock.now();
    job.not_before = std::max(job.not_before.value_or(now), now + kMark);
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
    if (std::exchange(certificate.unsaved_ends_job, false)) {
        end_job(certificate);
    }
}

// What rest() said meanwhile holds on.
void Manager::end_job(ManagedCertificate& certificate)
{
    const auto not_before = certificate.job.not_before;
    clear_job(certificate.settings.id, certificate.job);
    if (not_before && *not_before > ports_.clock.now()) {
        certificate.job.not_before = not_before;
        mark(certificate);
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

void Manager::on_failed(ManagedCertificate& certificate,
                        const base::Error& error, bool order_usable)
{
    if (error.kind == base::ErrorKind::storage) {
        storage_good_until_ = {};
    }
    auto& job = certificate.job;
    if (job.order_url.empty()) {
        on_turned_away(certificate, error);
    } else {
        cas_[certificate.settings.issuer].turned_away = 0;
    }
    if (!order_usable) {
        job.order_url.clear();
        job.key_pem.clear();
    }
    job.directory = settings_.issuers[certificate.settings.issuer].directory;
    job.names = certificate.names_key();
    const auto now = ports_.clock.now();
    back_off(certificate.settings.id, job, error,
             longest_pause(certificate, error, now));
    std::string what = error.message + "; failure "
        + std::to_string(job.failures) + " in a row, next attempt at "
        + base::format_time(*job.not_before);
    if (certificate.validity) {
        const auto end = certificate.validity->not_after;
        what += std::string(", the certificate served ")
            + (end > now ? "is valid until " : "has expired at ")
            + base::format_time(end);
    }
    log(level_of(error, certificate.share_left(now),
                 certificate.validity.has_value()),
        what, certificate);
}

// The CA did not take the order: down, or a limit. Others would be told the
// same, if this has nothing to do with the names.
void Manager::on_turned_away(const ManagedCertificate& certificate,
                             const base::Error& error)
{
    Ca& ca = cas_[certificate.settings.issuer];
    const bool limited = error.kind == base::ErrorKind::rate_limited;
    if (!limited && !is_trouble(error)) {
        return;
    }
    ca.turned_away++;
    if (ca.turned_away < kTurnedAway) {
        return;
    }
    const base::Duration pause = limited ? kLongestHold : minutes(1);
    ca.hold_until = ports_.clock.now() + pause;
    if (ca.turned_away == kTurnedAway) {
        log(base::LogLevel::warn,
            "the CA turned away " + std::to_string(kTurnedAway)
                + " orders in a row: asking for one certificate at a time, "
                  "every "
                + base::format_duration(pause),
            ca);
    }
}

void Manager::on_unprepared(Ca& ca, const base::Error& error)
{
    const auto now = ports_.clock.now();
    const auto& issuer = ca.issuer->settings();
    ca.job.directory = issuer.directory;
    ca.job.names = ca.issuer->fingerprint();
    back_off(issuer_job_id(issuer), ca.job, error,
             is_trouble(error) ? kLongestUnprepared : base::Duration::max());
    double least = 1;
    for (const auto& certificate : certificates_) {
        if (&cas_[certificate.settings.issuer] == &ca && certificate.validity)
        {
            least = std::min(least, certificate.share_left(now));
        }
    }
    log(level_of(error, least, true),
        error.message + "; next attempt at "
            + base::format_time(*ca.job.not_before),
        ca);
}

// `longest` limits what the ladder says, but not what the CA says.
void Manager::back_off(const std::string& id, store::Job& job,
                       const base::Error& error, base::Duration longest)
{
    const auto now = ports_.clock.now();
    job.failures++;
    auto next = schedule::next_attempt(job.failures, error, now,
                                       ports_.random);
    if (longest < next - now) {
        next = std::max(now + longest, error.retry_at.value_or(now));
    }
    job.not_before = next;
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
