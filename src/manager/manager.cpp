#include "manager/manager.h"

#include <algorithm>

namespace manager {

namespace {

using namespace std::chrono_literals;
using std::chrono::minutes;

// However far away the next event is, the wall clock may be stepped and the
// machine suspended meanwhile.
constexpr base::Duration kLongestSleep = 10min;

// An attempt that is over but still has requests under way is looked after.
constexpr base::Duration kRetireSleep = 2s;

// How long a successful write is taken for a promise that the next succeeds.
constexpr base::Duration kStorageGood = 1min;
constexpr base::Duration kStorageTold = 1h;

// What was to be a minute from now and lies further away is from before the
// clock was set back.
base::Time sane(base::Time minute, base::Time now)
{
    return minute <= now + minutes(1) ? minute : base::Time{};
}

}  // namespace

std::string issuer_job_id(const IssuerSettings& issuer)
{
    return "@" + issuer.name;
}

Manager::Manager(const Settings& settings, Ports ports)
    : settings_(settings), ports_(std::move(ports)), index_(ports_.store)
{
    for (const auto& issuer : settings_.issuers) {
        cas_.push_back({std::make_unique<Issuer>(issuer, settings_.user_agent,
                                                 ports_),
                        {},
                        false});
    }
    // Attempts keep references into it.
    certificates_.reserve(settings_.certificates.size());
    for (const auto& certificate : settings_.certificates) {
        certificates_.emplace_back(certificate);
    }
    std::vector<Issuer*> issuers;
    for (const auto& ca : cas_) {
        issuers.push_back(ca.issuer.get());
    }
    lookout_.emplace(
        certificates_,
        std::vector<const Issuer*>(issuers.begin(), issuers.end()), ports_);
    renewal_watch_.emplace(certificates_, std::move(issuers), ports_,
                           [this](ManagedCertificate& certificate) {
                               tell_suggestion(certificate);
                               wake(base::Duration(0), &Manager::tick);
                           });
    stapler_.emplace(certificates_, settings_, ports_,
                     [this](ManagedCertificate& certificate) {
                         on_found_revoked(certificate);
                     });
    deployer_.emplace(
        certificates_, settings_, ports_,
        [this](ManagedCertificate& certificate, const char* what,
               const std::string& text) { note(certificate, what, text); },
        [this] { wake(base::Duration(0), &Manager::tick); });
}

void Manager::wake(base::Duration delay, void (Manager::*step)())
{
    timer_ = ports_.timers.after(delay, [this, step] { (this->*step)(); });
}

void Manager::tick()
{
    const auto now = ports_.clock.now();
    // Whatever happens below, even for want of memory, it goes on.
    wake(kLongestSleep, &Manager::tick);
    ticking_ = true;
    retire();
    clean_up_proofs();
    for (auto& certificate : certificates_) {
        if (certificate.unsaved && sane(certificate.unsaved_until, now) <= now
            && storage_ready(now))
        {
            save_bundle(certificate);
        }
        revoke_former(certificate, now);
        leave_held(certificate, now);
        if (!certificate.attempt && certificate.due(now) <= now) {
            deployer_->examine(certificate);
        }
    }
    for (std::size_t ca = 0; ca < cas_.size(); ca++) {
        serve(ca, now);
    }
    sleep(now);
}

void Manager::retire()
{
    for (auto& certificate : certificates_) {
        if (certificate.attempt_over && certificate.attempt->idle()) {
            certificate.attempt.reset();
            certificate.attempt_over = false;
        }
        if (certificate.rehearsal_over && certificate.rehearsal->idle()) {
            certificate.rehearsal.reset();
            certificate.rehearsal_over = false;
            certificate.stale = true;
        }
    }
}

// What helpers presented that ended in the middle of an order: their answers
// outlive them, because the CA may be looking at them.
void Manager::clean_up_proofs()
{
    const bool busy = std::ranges::any_of(certificates_, [](const auto& c) {
        return c.attempt || c.rehearsing() || !c.job.order_url.empty();
    });
    if (!busy && !proofs_cleaned_up_) {
        for (auto* solver : ports_.solvers) {
            solver->clean_up_all();
        }
    }
    proofs_cleaned_up_ = !busy;
}

// Until the next thing is due; what is under way wakes the manager itself.
void Manager::sleep(base::Time now)
{
    auto next = now + kLongestSleep;
    for (const auto& certificate : certificates_) {
        if (certificate.attempt_over || certificate.rehearsal_over) {
            next = std::min(next, now + kRetireSleep);
        }
        if (certificate.unsaved) {
            next = std::min(next, std::max({certificate.unsaved_until,
                                            storage_bad_until(now),
                                            now + kStorageBad}));
        }
        if (certificate.job.revocation && certificate.revoke_at > now) {
            next = std::min(next, certificate.revoke_at);
        }
        if (certificate.attempt || certificate.rehearsing()) {
            continue;
        }
        const auto& ca = cas_[certificate.issuer];
        const auto due = std::max({certificate.due(now),
                                   storage_bad_until(now), ready_at(ca, now)});
        if (due > now) {
            next = std::min(next, due);
        }
        if (certificate.settings.issuers.size() > 1
            && certificate.urgent_at() > now)
        {
            next = std::min(next, certificate.urgent_at());
        }
    }
    wake(std::max(next - now, base::Duration(1)), &Manager::tick);
}

// A CA is not bothered with what could not be kept.
bool Manager::storage_ready(base::Time now)
{
    // Further away than this they are from before the clock was set back.
    if (now < storage_good_until_ && storage_good_until_ <= now + kStorageGood)
    {
        return true;
    }
    if (storage_bad_until(now) > now) {
        return false;
    }
    auto status = ports_.store.probe();
    if (status) {
        storage_good_until_ = now + kStorageGood;
        storage_bad_until_ = {};
        storage_told_ = {};
        return true;
    }
    storage_bad_until_ = now + kStorageBad;
    if (now >= storage_told_ + kStorageTold || now < storage_told_) {
        storage_told_ = now;
        ports_.log.write(base::LogLevel::error,
                         status.error().message
                             + "; nothing is ordered until the state "
                               "directory can be written, looking again "
                               "every minute");
    }
    return false;
}

base::Time Manager::storage_bad_until(base::Time now) const
{
    return sane(storage_bad_until_, now);
}

void Manager::log(base::LogLevel level, const std::string& what,
                  const ManagedCertificate& certificate)
{
    log(level, what, certificate, settings_.issuers[certificate.issuer].name);
}

void Manager::log(base::LogLevel level, const std::string& what,
                  const ManagedCertificate& certificate,
                  const std::string& issuer)
{
    ports_.log.write(level, what + ", certificate \""
                                + certificate.settings.id + "\", issuer \""
                                + issuer + "\"");
}

void Manager::log(base::LogLevel level, const std::string& what,
                  const Ca& ca)
{
    ports_.log.write(level, what + ", issuer \""
                                + ca.issuer->settings().name + "\"");
}

}  // namespace manager
