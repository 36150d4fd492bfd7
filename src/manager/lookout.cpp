#include "manager/lookout.h"

#include "base/text.h"

namespace manager {

namespace {

using namespace std::chrono_literals;

constexpr base::Duration kRound = 24h;

// One at a time, and not as fast as it can: nobody waits for it.
constexpr base::Duration kPause = 100ms;

// Others are looked at by their attempts.
bool is_at_rest(const ManagedCertificate& certificate, base::Time now)
{
    return certificate.settings.preflight != PreflightMode::off
        && certificate.validity && !certificate.attempt
        && !certificate.has_failed() && certificate.due(now) > now;
}

}  // namespace

void Lookout::start(base::Duration delay)
{
    timer_ = ports_.timers.after(delay, [this] { step(); });
}

void Lookout::step()
{
    preflight_.reset();
    const auto now = ports_.clock.now();
    while (next_ < certificates_.size()
           && !is_at_rest(certificates_[next_], now))
    {
        next_++;
    }
    if (next_ < certificates_.size()) {
        look(certificates_[next_++]);
        return;
    }
    next_ = 0;
    timer_ = ports_.timers.after(kRound, [this] { step(); });
}

void Lookout::look(ManagedCertificate& certificate)
{
    const auto& settings = certificate.settings;
    preflight_ = std::make_unique<Preflight>(
        settings, challenge_types(settings, certificate.job),
        *issuers_[certificate.issuer], ports_);
    preflight_->start([this, &certificate](const auto& findings) {
        tell(certificate, findings);
        timer_ = ports_.timers.after(kPause, [this] { step(); });
    });
}

void Lookout::tell(ManagedCertificate& certificate,
                   const Preflight::Findings& findings)
{
    certificate.stale |= certificate.warning || !findings.empty();
    certificate.warning.reset();
    if (!findings.empty()) {
        certificate.warning = status::Remark{
            ports_.clock.now(), findings.front().error.message};
    }
    for (const auto& finding : findings) {
        ports_.log.write(
            base::LogLevel::warn,
            "preflight: " + finding.error.message
                + "; so it could not be renewed now, the certificate served "
                  "is valid until "
                + base::format_time(certificate.validity->not_after)
                + ", certificate \"" + certificate.settings.id + "\"");
    }
}

}  // namespace manager
