#include "manager/renewal_watch.h"

#include <algorithm>

#include "acme/renewal_info.h"
#include "base/text.h"
#include "http/retry_after.h"

namespace manager {

namespace {

using namespace std::chrono_literals;
using std::chrono::minutes;

// How often a CA may want to be asked (RFC 9773, section 4.3.2).
constexpr base::Duration kLeast = 1min;
constexpr base::Duration kMost = 24h;

// Section 4.3.3: trouble that passes is met with a few more attempts, anything
// else with this pause.
constexpr base::Duration kPause = 6h;
constexpr unsigned kAttempts = 5;

constexpr base::Duration kTold = 1h;
constexpr base::Duration kLongestHold = 32min;
constexpr base::Duration kLongestSleep = 1h;

// Nobody waits for an answer: the certificates of a fleet come one after the
// other.
constexpr std::size_t kAtOnce = 2;

bool is_same(const store::Renewal::Suggestion* before,
             const acme::RenewalInfo& now)
{
    return before != nullptr && before->start == now.start
        && before->end == now.end;
}

// 1, 2, 4 ... minutes after that many failures in a row.
base::Duration ladder(unsigned failures)
{
    return minutes(1) * (1U << (std::clamp(failures, 1U, 6U) - 1));
}

base::Time within(const acme::RenewalInfo& window, double share)
{
    const base::Duration length = window.end - window.start;
    return window.start
        + base::Duration(
               base::Duration::rep(double(length.count()) * share));
}

}  // namespace

void RenewalWatch::start()
{
    timer_ = ports_.timers.after(base::Duration(0), [this] { step(); });
}

// A CA must not be asked about one that has ended or been replaced; what is to
// be replaced anyhow nobody needs to ask about.
bool RenewalWatch::is_watched(const ManagedCertificate& certificate,
                              base::Time now) const
{
    const auto& issuer = *issuers_[certificate.issuer];
    return certificate.validity && certificate.as_configured
        && !certificate.job.renew && now < certificate.validity->not_after
        && !certificate.leaf->renewal_id.empty()
        && certificate.leaf->directory == issuer.settings().directory;
}

base::Time RenewalWatch::look_at(const ManagedCertificate& certificate,
                                 base::Time now) const
{
    const auto& renewal = certificate.renewal;
    const auto& hold = holds_[certificate.issuer];
    const auto free = hold.end <= now + kLongestHold ? hold.end : now;
    if (!renewal || !renewal->look_at
        || renewal->certificate != certificate.leaf->renewal_id
        || *renewal->look_at > now + kMost)  // the clock was set back
    {
        return free;
    }
    return std::max(*renewal->look_at, free);
}

void RenewalWatch::step()
{
    const auto now = ports_.clock.now();
    auto next = now + kLongestSleep;
    for (std::size_t i = 0; i < certificates_.size(); i++) {
        const auto& certificate = certificates_[i];
        if (asking_.contains(i) || !is_watched(certificate, now)) {
            continue;
        }
        auto at = look_at(certificate, now);
        if (at <= now && asking_.size() == kAtOnce) {
            break;  // done() goes on
        }
        if (at <= now) {
            ask(i);
            // When there was an answer at once.
            at = look_at(certificate, now);
        }
        if (at > now) {
            next = std::min(next, at);
        }
    }
    timer_ = ports_.timers.after(next - now, [this] { step(); });
}

void RenewalWatch::ask(std::size_t index)
{
    asking_.insert(index);
    auto& issuer = *issuers_[certificates_[index].issuer];
    issuer.prepare([this, index](const base::Status& status) {
        if (status) {
            send(index);
        } else {
            // Said by whoever needs the CA.
            hold(certificates_[index].issuer);
            on_failure(index, true);
        }
    });
}

void RenewalWatch::send(std::size_t index)
{
    auto& certificate = certificates_[index];
    auto& issuer = *issuers_[certificate.issuer];
    const auto& resource = issuer.directory().renewal_info;
    if (resource.empty()) {
        look_later(certificate, kMost);
        asking_.erase(index);
        return done();
    }
    const auto id = certificate.leaf->renewal_id;
    issuer.get(acme::renewal_url(resource, id),
               [this, index, id](const base::Result<http::Response>& result) {
                   on_answer(index, id, result);
               });
}

void RenewalWatch::on_answer(std::size_t index, const std::string& id,
                             const base::Result<http::Response>& result)
{
    auto& certificate = certificates_[index];
    if (certificate.leaf->renewal_id != id) {
        // Replaced meanwhile.
        asking_.erase(index);
        return done();
    }
    if (!result || !result->success()) {
        const bool passes = !result
            ? result.error().kind == base::ErrorKind::network
            : result->status >= 500;
        if (passes) {
            hold(certificate.issuer);
        }
        return on_failure(index, passes);
    }
    failures_[index] = 0;
    holds_[certificate.issuer] = {};
    on_information(certificate, *result);
    asking_.erase(index);
    done();
}

void RenewalWatch::on_information(ManagedCertificate& certificate,
                                  const http::Response& response)
{
    const auto now = ports_.clock.now();
    const auto info = acme::decode_renewal_info(response.body);
    if (!info) {
        ports_.log.write(base::LogLevel::warn,
                         info.error().message
                             + "; it is passed over, certificate \""
                             + certificate.settings.id + "\"");
        return look_later(certificate, kPause);
    }
    const bool same = is_same(certificate.suggestion(), *info);
    if (!same) {
        certificate.renewal = store::Renewal{
            certificate.leaf->renewal_id,
            store::Renewal::Suggestion{
                info->start, info->end,
                within(*info, ports_.random.uniform()),
                info->explanation_url}};
    }
    const auto wanted = http::retry_after(response, now);
    look_later(certificate,
               wanted ? std::clamp<base::Duration>(*wanted - now, kLeast, kMost)
                      : kPause);
    if (!same) {
        on_moved_(certificate);
    }
}

void RenewalWatch::on_failure(std::size_t index, bool passes)
{
    auto& failures = failures_[index];
    failures = passes && failures < kAttempts ? failures + 1 : 0;
    look_later(certificates_[index],
               failures > 0 ? ladder(failures) : kPause);
    asking_.erase(index);
    done();
}

void RenewalWatch::hold(std::size_t issuer)
{
    auto& [failures, end] = holds_[issuer];
    failures++;
    end = ports_.clock.now() + ladder(failures);
}

// On disk, too: a reload is no reason to ask again.
void RenewalWatch::look_later(ManagedCertificate& certificate,
                              base::Duration delay)
{
    auto& renewal = certificate.renewal;
    const auto& id = certificate.leaf->renewal_id;
    if (!renewal || renewal->certificate != id) {
        renewal = store::Renewal{id};
    }
    renewal->look_at = ports_.clock.now() + delay;
    const auto now = ports_.clock.now();
    const auto saved =
        ports_.store.save_renewal(certificate.settings.id, *renewal);
    if (!saved && (now >= told_ + kTold || now < told_)) {
        told_ = now;
        ports_.log.write(base::LogLevel::error,
                         saved.error().message
                             + "; after a restart the CA will be asked again "
                               "when to renew");
    }
}

void RenewalWatch::done()
{
    timer_ = ports_.timers.after(base::Duration(0), [this] { step(); });
}

}  // namespace manager
