#include "manager/stapler.h"

#include <algorithm>

#include "acme/problem.h"
#include "base/text.h"

namespace manager {

namespace {

using namespace std::chrono_literals;
using std::chrono::minutes;

// Responders answer each in no time; those of a fleet come one after the other.
constexpr std::size_t kAtOnce = 2;

constexpr base::Duration kLongestSleep = 1h;
constexpr base::Duration kLongestPause = 1h;
constexpr base::Duration kTold = 1h;
constexpr base::Duration kFarAway = std::chrono::hours(365 * 24);

// Also of a response that holds for minutes.
constexpr base::Duration kLeastPause = 1min;

// 1, 2, 4 ... minutes, then hourly.
base::Duration pause_after(unsigned failures)
{
    return std::min<base::Duration>(
        minutes(1) * (1U << (std::clamp(failures, 1U, 7U) - 1)),
        kLongestPause);
}

base::Time half_of(const crypto::OcspStatus& status)
{
    return status.this_update
        + (status.next_update - status.this_update) / 2;
}

}  // namespace

void Stapler::start()
{
    timer_ = ports_.timers.after(base::Duration(0), [this] { step(); });
}

void Stapler::step()
{
    const auto now = ports_.clock.now();
    auto next = now + kLongestSleep;
    for (std::size_t i = 0; i < certificates_.size(); i++) {
        const auto& leaf = certificates_[i].leaf;
        if (!leaf || leaf->ocsp_url.empty() || asking_.contains(i)
            || now >= certificates_[i].validity->not_after)
        {
            continue;
        }
        if (states_[i].fingerprint != leaf->fingerprint) {
            load(i);
        }
        auto& at = states_[i].refresh_at;
        if (at > now + kFarAway) {
            at = now;  // the clock was set back
        }
        if (at <= now && asking_.size() == kAtOnce) {
            break;  // done() goes on
        }
        if (at <= now) {
            ask(i);
        }
        if (at > now) {
            next = std::min(next, at);
        }
    }
    timer_ = ports_.timers.after(next - now, [this] { step(); });
}

base::Result<crypto::Chain> Stapler::chain_of(std::size_t index) const
{
    const auto text =
        ports_.sink.current(certificates_[index].settings.id);
    if (!text) {
        return base::Error{base::ErrorKind::internal, "nothing is served"};
    }
    auto bundle = crypto::parse_bundle(text->reveal());
    if (!bundle) {
        return bundle.error();
    }
    return std::move(bundle->chain);
}

// What was at hand before a restart.
void Stapler::load(std::size_t index)
{
    auto& state = states_[index];
    const auto& certificate = certificates_[index];
    state = {};
    state.fingerprint = certificate.leaf->fingerprint;
    const auto stored = ports_.store.load_staple(certificate.settings.id);
    if (!stored || !*stored) {
        return;
    }
    const std::string response((*stored)->reveal());
    const auto chain = chain_of(index);
    const auto status = chain ? crypto::read_ocsp_response(response, *chain,
                                                           ports_.clock.now())
                              : chain.error();
    if (status && !status->revoked) {
        take(index, response, *status);
    }
}

void Stapler::ask(std::size_t index)
{
    auto chain = chain_of(index);
    auto body = chain ? crypto::make_ocsp_request(*chain)
                      : base::Result<std::string>(chain.error());
    if (!body) {
        return fail(index, body.error());
    }
    asking_.insert(index);
    const auto& leaf = *certificates_[index].leaf;
    http::Request request;
    request.method = http::Request::Method::post;
    request.url = leaf.ocsp_url;
    request.headers = {{"User-Agent", settings_.user_agent},
                       {"Content-Type", "application/ocsp-request"},
                       {"Accept", "application/ocsp-response"}};
    request.body = std::move(*body);
    client(certificates_[index].issuer)
        .send(std::move(request),
              [this, index, fingerprint = leaf.fingerprint,
               chain = std::make_shared<crypto::Chain>(std::move(*chain))](
                  const base::Result<http::Response>& result) {
                  on_answer(index, fingerprint, *chain, result);
              });
}

http::Client& Stapler::client(std::size_t issuer)
{
    auto& client = clients_[issuer];
    if (!client) {
        client = ports_.make_client(settings_.issuers[issuer]);
    }
    return *client;
}

void Stapler::on_answer(std::size_t index, const std::string& fingerprint,
                        const crypto::Chain& chain,
                        const base::Result<http::Response>& result)
{
    asking_.erase(index);
    auto& certificate = certificates_[index];
    const auto now = ports_.clock.now();
    if (certificate.leaf->fingerprint != fingerprint) {
        return done();  // replaced meanwhile
    }
    if (!result || !result->success()) {
        fail(index, !result ? result.error()
                            : acme::error_of(*result, now)
                                  .in(certificate.leaf->ocsp_url));
        return done();
    }
    const auto status = crypto::read_ocsp_response(result->body, chain, now);
    if (!status) {
        fail(index, base::Error(status.error())
                        .in(certificate.leaf->ocsp_url));
        return done();
    }
    if (status->revoked) {
        // A staple that says so would make it worse.
        states_[index].refresh_at = std::max(half_of(*status),
                                              now + kLongestPause);
        on_revoked_(certificate);
        return done();
    }
    take(index, result->body, *status);
    const auto saved = ports_.store.save_staple(certificate.settings.id,
                                                base::Secret(result->body));
    if (!saved) {
        fail(index, saved.error());
    }
    done();
}

void Stapler::take(std::size_t index, const std::string& response,
                   const crypto::OcspStatus& status)
{
    auto& state = states_[index];
    const auto now = ports_.clock.now();
    state.failures = 0;
    state.holds_until = status.next_update;
    state.refresh_at = std::max(half_of(status), now + kLeastPause);
    const auto published = ports_.sink.publish(
        certificates_[index].settings.id,
        Staple{state.fingerprint, state.holds_until, response});
    if (!published) {
        fail(index, published.error());
    }
}

void Stapler::fail(std::size_t index, const base::Error& error)
{
    auto& state = states_[index];
    const auto now = ports_.clock.now();
    state.failures++;
    state.refresh_at = now + pause_after(state.failures);
    if (now < state.told + kTold && now >= state.told) {
        return;
    }
    state.told = now;
    const bool holds = state.holds_until > now;
    ports_.log.write(
        base::LogLevel::warn,
        "OCSP response: " + error.message
            + (holds ? "; the one stapled holds until "
                           + base::format_time(state.holds_until)
                     : std::string("; nothing is stapled"))
            + ", next attempt at " + base::format_time(state.refresh_at)
            + ", certificate \"" + certificates_[index].settings.id + "\"");
}

void Stapler::done()
{
    start();
}

}  // namespace manager
