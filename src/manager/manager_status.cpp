#include "manager/manager.h"

#include <algorithm>

#include "base/text.h"

namespace manager {

namespace {

using namespace std::chrono_literals;

// So many at a time: it is done each second.
constexpr std::size_t kShown = 200;

// A failing disk is told of by what matters more.
constexpr base::Duration kHistoryTold = 1h;

std::int64_t seconds(base::Time time)
{
    return std::chrono::ceil<std::chrono::seconds>(time)
        .time_since_epoch()
        .count();
}

status::State state_of(const ManagedCertificate& certificate, bool failing,
                       base::Time now)
{
    if (certificate.validity && certificate.validity->not_after <= now) {
        return status::State::expired;
    }
    if (failing) {
        return status::State::failing;
    }
    if (!certificate.validity) {
        return status::State::pending;
    }
    return certificate.working() ? status::State::renewing
                                 : status::State::valid;
}

bool is_moving(const ManagedCertificate& certificate)
{
    return certificate.stale || certificate.working()
        || certificate.rehearsing();
}

// Said in the log, with the file.
status::Remark unreadable(base::Time now)
{
    return {now, "what is stored of it cannot be read, see the error log; "
                 "nothing is ordered until it can"};
}

std::optional<status::Remark> last_error(const store::Job& job)
{
    if (job.failures == 0 || !job.last_error_at) {
        return std::nullopt;
    }
    return status::Remark{*job.last_error_at, job.last_error,
                          job.last_problem};
}

}  // namespace

// Its own trouble, or that of the CA it waits for.
const store::Job& Manager::trouble_of(const ManagedCertificate& certificate,
                                      base::Time now) const
{
    const auto& ca = cas_[certificate.issuer];
    const bool waits = !certificate.attempt && certificate.due(now) <= now;
    return waits && ca.job.failures > 0 ? ca.job : certificate.job;
}

status::Head Manager::head_of(const ManagedCertificate& certificate,
                              base::Time now) const
{
    const auto& job = trouble_of(certificate, now);
    status::Head head;
    head.state = state_of(
        certificate,
        job.failures > 0 || certificate.unread
            || deployer_->objection(certificate),
        now);
    head.attempts = job.failures;
    if (certificate.validity) {
        head.not_before = seconds(certificate.validity->not_before);
        head.not_after = seconds(certificate.validity->not_after);
    }
    if (certificate.working()) {
        head.next_action = status::NextAction::check;
        return head;
    }
    if (job.failures > 0) {
        head.next_action = status::NextAction::retry;
    }
    head.next_at = seconds(
        std::max(certificate.due(now),
                 ready_at(cas_[certificate.issuer], now)));
    return head;
}

void Manager::show(ManagedCertificate& certificate)
{
    const auto now = ports_.clock.now();
    certificate.stale = false;
    status::Detail detail;
    if (certificate.issuer != certificate.settings.issuers.front()) {
        detail.issuer = settings_.issuers[certificate.issuer].name;
    }
    if (const auto& leaf = certificate.leaf) {
        detail.serial = leaf->serial;
        detail.sha256 = leaf->fingerprint;
        detail.chain = leaf->issuers;
    }
    if (certificate.working()) {
        detail.activity = certificate.attempt->activity();
    } else if (certificate.rehearsing()) {
        detail.activity = "rehearsing";
    }
    detail.rehearsal = certificate.rehearsed;
    detail.rehearsed_well = certificate.rehearsed_well;
    detail.challenge = certificate.job.challenge;
    if (const auto* suggestion = certificate.suggestion()) {
        detail.suggestion = *suggestion;
    }
    detail.deployments = deployer_->shown(certificate);
    detail.last_error = certificate.unread
        ? unreadable(now)
        : last_error(trouble_of(certificate, now));
    if (const auto objection = deployer_->objection(certificate)) {
        detail.last_error = status::Remark{now, objection->message};
    }
    detail.warning = certificate.warning;
    detail.history = certificate.recent;
    ports_.status.publish(certificate.settings.id, head_of(certificate, now),
                          detail);
}

// Where many change at once they are shown in slices, see refresh().
void Manager::show_later(std::size_t ca)
{
    for (auto& certificate : certificates_) {
        certificate.stale |= certificate.issuer == ca;
    }
}

void Manager::refresh()
{
    take_commands();
    std::size_t shown = 0;
    for (auto& certificate : certificates_) {
        if (shown < kShown && is_moving(certificate)) {
            show(certificate);
            shown++;
        }
    }
}

// What a CA explains is out of the ordinary: for the operator, and to be kept.
void Manager::tell_suggestion(ManagedCertificate& certificate)
{
    const auto& suggestion = *certificate.suggestion();
    const auto window = "the CA suggests to renew between "
        + base::format_time(suggestion.start) + " and "
        + base::format_time(suggestion.end);
    const auto chosen = ", it will be at "
        + base::format_time(certificate.due(ports_.clock.now()));
    const auto& url = suggestion.explanation_url;
    if (url.empty()) {
        log(base::LogLevel::info, window + chosen, certificate);
        certificate.stale = true;
        return;
    }
    const auto why = ", it says why at " + url;
    log(base::LogLevel::notice, window + why + chosen, certificate);
    note(certificate, "renewal suggested", window + why + chosen);
}

void Manager::load_history(ManagedCertificate& certificate)
{
    auto history = ports_.store.load_history(certificate.settings.id);
    if (!history) {
        ports_.log.write(base::LogLevel::warn, history.error().message);
        return;
    }
    certificate.recent = std::move(*history);
    forget_old(certificate);
}

// All of them are on disk; in memory are those that can be shown.
void Manager::forget_old(ManagedCertificate& certificate) const
{
    auto& recent = certificate.recent;
    const auto limit = std::clamp<std::size_t>(
        kEventsHeld / certificates_.size(), kLeastEvents, store::kMaxEvents);
    if (recent.size() > limit) {
        recent.erase(recent.begin(), recent.end() - std::ptrdiff_t(limit));
    }
}

// Nothing else depends on the history: that it cannot be written is no reason
// not to go on.
void Manager::note(ManagedCertificate& certificate, std::string what,
                   std::string text)
{
    const auto now = ports_.clock.now();
    const auto& id = certificate.settings.id;
    store::Event event{now, std::move(what), std::move(text)};
    store::append(certificate.recent, event);
    forget_old(certificate);
    auto history = ports_.store.load_history(id);
    if (!history) {
        // Damaged, it is in quarantine now.
        history = store::History{};
    }
    store::append(*history, std::move(event));
    const auto saved = ports_.store.save_history(id, *history);
    if (!saved && (now >= history_told_ + kHistoryTold || now < history_told_))
    {
        history_told_ = now;
        ports_.log.write(base::LogLevel::error,
                         saved.error().message
                             + "; the history on the status page will have "
                               "gaps after a restart");
    }
    show(certificate);
}

}  // namespace manager
