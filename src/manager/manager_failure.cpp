#include <algorithm>

#include "base/text.h"
#include "manager/manager.h"

namespace manager {

namespace {

using namespace std::chrono_literals;
using std::chrono::minutes;

// A CA in trouble is asked this often at least.
constexpr base::Duration kLongestUnprepared = 1h;

// Less than this left of a lifetime, a failure is an emergency.
constexpr double kCritical = 0.05;

bool is_trouble(const base::Error& error)
{
    return error.kind == base::ErrorKind::network
        || error.kind == base::ErrorKind::protocol;
}

// Trouble passes. Nobody is told when a CA that took no order takes some again;
// and a short lifetime must not run out during a day's pause.
base::Duration longest_pause(const ManagedCertificate& certificate,
                             const base::Error& error, base::Time now)
{
    if (!is_trouble(error)) {
        return base::Duration::max();
    }
    const bool taken = !certificate.job.order_url.empty();
    const auto longest = taken ? base::Duration::max() : kLongestUnprepared;
    if (certificate.share_left(now) <= 0) {
        return longest;
    }
    const base::Duration left = certificate.validity->not_after - now;
    return std::min(longest,
                    std::max<base::Duration>(left / 8, minutes(1)));
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

// After the one that failed comes the next that is allowed.
void Manager::prefer_another(ManagedCertificate& certificate,
                             const std::string& failed)
{
    const auto& allowed = certificate.settings.challenges;
    const auto found = std::ranges::find(allowed, failed);
    if (found == allowed.end() || allowed.size() < 2) {
        return;
    }
    const auto next = found + 1 == allowed.end() ? allowed.begin() : found + 1;
    certificate.job.challenge =
        next == allowed.begin() ? std::string() : *next;
}

void Manager::on_failed(ManagedCertificate& certificate,
                        const base::Error& error, bool order_usable)
{
    if (error.kind == base::ErrorKind::storage) {
        storage_good_until_ = {};
    }
    auto& job = certificate.job;
    const auto failed = certificate.issuer;
    if (job.order_url.empty()) {
        on_turned_away(certificate, error);
    } else {
        cas_[certificate.issuer].turned_away = 0;
    }
    const auto now = ports_.clock.now();
    const auto longest = longest_pause(certificate, error, now);
    if (!order_usable) {
        job.order_url.clear();
        job.key_pem.clear();
    }
    const auto issuers = unsigned(certificate.settings.issuers.size());
    back_off(job, error, longest, (job.failures + issuers) / issuers);
    const auto turned = turn_away(certificate, now);
    save_for_this(certificate);
    std::string what = error.message + "; failure "
        + std::to_string(job.failures) + " in a row, next attempt at "
        + base::format_time(*job.not_before) + turned;
    if (certificate.validity) {
        const auto end = certificate.validity->not_after;
        what += std::string(", the certificate served ")
            + (end > now ? "is valid until " : "has expired at ")
            + base::format_time(end);
    }
    log(level_of(error, certificate.share_left(now),
                 certificate.validity.has_value()),
        what, certificate, settings_.issuers[failed].name);
    count_failure(cas_[failed]);
    note(certificate, "failed", error.message);
    deployer_->tell(certificate, deploy::Event::failed, error.message);
}

// The CA did not take the order: down, or a limit. Others would be told the
// same, if this has nothing to do with the names.
void Manager::on_turned_away(const ManagedCertificate& certificate,
                             const base::Error& error)
{
    Ca& ca = cas_[certificate.issuer];
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

void Manager::on_unprepared(std::size_t index, const base::Error& error)
{
    Ca& ca = cas_[index];
    const auto now = ports_.clock.now();
    const auto& issuer = ca.issuer->settings();
    ca.job.directory = issuer.directory;
    ca.job.names = ca.issuer->fingerprint();
    back_off(ca.job, error,
             is_trouble(error) ? kLongestUnprepared : base::Duration::max(),
             ca.job.failures + 1);
    save_job(issuer_job_id(issuer), ca.job);
    double least = 1;
    for (const auto& certificate : certificates_) {
        if (&cas_[certificate.issuer] == &ca && certificate.validity)
        {
            least = std::min(least, certificate.share_left(now));
        }
    }
    log(level_of(error, least, true),
        error.message + "; next attempt at "
            + base::format_time(*ca.job.not_before),
        ca);
    count_failure(ca);
    show_later(index);
}

void Manager::count_failure(Ca& ca)
{
    ca.counts.count_failed();
    ports_.status.publish(ca.issuer->settings().name, ca.counts);
}

// `longest` limits what the ladder says, but not what the CA says.
// The `step`-th pause of the ladder.
void Manager::back_off(store::Job& job, const base::Error& error,
                       base::Duration longest, unsigned step)
{
    const auto now = ports_.clock.now();
    job.failures++;
    auto next = schedule::next_attempt(step, error, now, ports_.random);
    if (longest < next - now) {
        next = std::max(now + longest, error.retry_at.value_or(now));
    }
    job.not_before = next;
    job.last_error = error.message;
    job.last_error_at = now;
    job.last_problem =
        error.problem ? std::optional(*error.problem) : std::nullopt;
}

// --- another issuer --------------------------------------------------------

// While there is time, an issuer that fails is asked again. Near the end, and
// where nothing is served, each failure is followed by an attempt at the next
// one; only after a failure of all of them there is the pause. Gives what to add
// to the message.
std::string Manager::turn_away(ManagedCertificate& certificate, base::Time now)
{
    auto& job = certificate.job;
    const auto count = certificate.settings.issuers.size();
    if (count < 2) {
        return {};
    }
    const auto urgent_at = certificate.urgent_at();
    if (*job.not_before < urgent_at) {
        return {};
    }
    turn_to_next(certificate);
    if (now < urgent_at) {
        job.not_before = urgent_at;
    } else if (job.failures % count != 0) {
        job.not_before = now;
    }
    return " by issuer \"" + settings_.issuers[certificate.issuer].name + "\"";
}

void Manager::turn_to_next(ManagedCertificate& certificate)
{
    auto& job = certificate.job;
    certificate.turn_to_next_issuer();
    job.order_url.clear();
    job.key_pem.clear();
    certificate.stale = true;
}

// Those that wait for a CA which cannot be asked do so until it is urgent.
void Manager::leave_held(ManagedCertificate& certificate, base::Time now)
{
    const auto& issuers = certificate.settings.issuers;
    const auto free = [&](std::size_t index) {
        return !cas_[index].preparing && ready_at(cas_[index], now) <= now;
    };
    const bool held = ready_at(cas_[certificate.issuer], now) > now;
    if (!held || issuers.size() < 2 || certificate.attempt
        || certificate.rehearsing() || certificate.due(now) > now
        || now < certificate.urgent_at()
        || std::ranges::none_of(issuers, free))
    {
        return;
    }
    const auto from = settings_.issuers[certificate.issuer].name;
    do {
        turn_to_next(certificate);
    } while (!free(certificate.issuer));
    save_for_this(certificate);
    log(base::LogLevel::warn,
        "issuer \"" + from + "\" cannot be asked: trying another one",
        certificate);
}

}  // namespace manager
