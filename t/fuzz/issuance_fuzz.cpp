// One order with a CA that answers anything. The input is what happens, one
// step after the other; at its end it begins anew a day later, so that what
// never ends is told from what takes long.

#include <map>
#include <set>
#include <tuple>

#include <nlohmann/json.hpp>

#include "acme/issuance.h"
#include "acme_script.h"
#include "base/base64url.h"
#include "base/json.h"
#include "fuzz.h"
#include "http/retry_after.h"
#include "http/url.h"

namespace {

using acme_test::kCa;
using Names = std::vector<std::string>;

constexpr int kMaxSteps = 200;  // that are taken from one input
constexpr int kMaxRounds = 500;
constexpr int kMaxHurry = 8;    // requests of an exchange without a pause

const Names kNames = {"a.example", "b.example", "192.0.2.1"};

template <std::size_t N>
const char* pick(fuzz::Input& input, const char* const (&choices)[N])
{
    return choices[input.byte() % N];
}

http::Headers headers(fuzz::Input& input)
{
    constexpr const char* kLocations[] = {
        "https://ca.example/order/1", "order/1", "//ca.example/order/2",
        "http://127.0.0.1/order/1", "http://ca.example/order/1",
        "https://ca.example/order/\r\nX: y", ""};
    constexpr const char* kDelays[] = {
        "0", "1", "31", "604800", "99999999999",
        "Tue, 24 Nov 2026 00:00:00 GMT", "Sun Nov  6 08:49:37 1994", "soon"};
    http::Headers headers;
    const auto which = input.byte();
    if (which & 1) {
        headers.emplace_back("Location", pick(input, kLocations));
    }
    if (which & 2) {
        headers.emplace_back("Retry-After", pick(input, kDelays));
    }
    return headers;
}

std::string problem(fuzz::Input& input)
{
    constexpr const char* kTypes[] = {
        "malformed", "unauthorized", "orderNotReady", "badNonce",
        "rateLimited", "caa", "serverInternal", "alreadyRevoked"};
    constexpr const char* kDetails[] = {
        "no", "try again in 3s", "retry after 2026-11-24 00:00:00 UTC",
        "see https://ca.example/", ""};
    const auto* type = pick(input, kTypes);
    return acme_test::problem_json(type, pick(input, kDetails));
}

std::string order(fuzz::Input& input, const Names& names)
{
    constexpr const char* kStatuses[] = {"pending", "ready", "processing",
                                         "valid", "invalid", "new"};
    constexpr const char* kEnds[] = {
        "", ",\"expires\":\"2026-11-23T00:00:01Z\"",
        ",\"expires\":\"2026-11-30T00:00:00Z\"",
        ",\"expires\":\"9999-12-31T23:59:60Z\"",
        ",\"expires\":\"0000-01-01T00:00:00+23:59\""};
    constexpr const char* kCertificates[] = {
        "", ",\"certificate\":\"https://ca.example/cert/1\"",
        ",\"certificate\":\"http://ca.example/cert/1\"",
        ",\"certificate\":7"};
    const auto* status = pick(input, kStatuses);
    std::string more = pick(input, kEnds);
    more += pick(input, kCertificates);
    if (input.byte() % 2) {
        more += ",\"error\":" + problem(input);
    }
    return acme_test::order_json(names, status, more);
}

std::string challenge(fuzz::Input& input)
{
    constexpr const char* kTypes[] = {"http-01", "dns-01", "new-01"};
    constexpr const char* kStatuses[] = {"pending", "processing", "valid",
                                         "invalid", ""};
    const auto* type = pick(input, kTypes);
    const auto* status = pick(input, kStatuses);
    return acme_test::challenge_json(
        type, status, input.byte() % 2 ? problem(input) : std::string());
}

std::string authorization(fuzz::Input& input)
{
    constexpr const char* kStatuses[] = {"pending", "valid", "invalid",
                                         "deactivated", "expired", "revoked"};
    const auto& name = kNames[input.byte() % kNames.size()];
    const auto* status = pick(input, kStatuses);
    std::string challenges = challenge(input);
    if (input.byte() % 2) {
        challenges += "," + challenge(input);
    }
    return acme_test::authz_json(name, status, challenges);
}

std::string body(fuzz::Input& input, const Names& names)
{
    switch (input.byte() % 8) {
    case 0:
        return "";
    case 1:
        return std::string(input.take(input.byte()));
    case 2:
        return problem(input);
    case 3:
        return challenge(input);
    case 4:
    case 5:
        return authorization(input);
    case 6:
        return order(input, kNames);
    default:
        return order(input, names);
    }
}

http::Response response(fuzz::Input& input, const Names& names)
{
    constexpr int kStatuses[] = {200, 201, 200, 202, 302, 400, 403, 404,
                                 408, 409, 429, 500, 503, 0};
    const int status = kStatuses[input.byte() % std::size(kStatuses)];
    auto fields = headers(input);
    return {status, std::move(fields), body(input, names)};
}

// The owner of an Issuance, who looks at each action before he performs it.
class Owner {
public:
    Owner(Names names, bool resumes, std::vector<std::string> types)
        : names_(std::move(names)), types_(types),
          issuance_({{acme_test::identifiers(names_), "", ""}, false, "CSR",
                     kCa + "new-order", resumes ? kCa + "order/0" : "",
                     std::move(types)})
    {
        perform(issuance_.start());
    }

    bool finished() const { return finished_; }
    void a_day_passes() { now_ += std::chrono::hours(24); }

    // Something happens that is due, after what is not due, sometimes.
    void step(fuzz::Input& input)
    {
        fuzz::require(!awaited_.empty(), "something is under way");
        const auto which = input.byte();
        if (which >= 240) {
            report_nonsense(input);
        }
        auto due = std::next(awaited_.begin(),
                             std::ptrdiff_t(which % awaited_.size()));
        const auto action = due->second;
        awaited_.erase(due);
        std::visit([&](const auto& a) { report(a, input); }, action);
        fuzz::require_printable(issuance_.activity());
    }

private:
    using Awaited = std::variant<acme::Send, acme::Wait, acme::Present>;
    using Answer = std::tuple<base::Identifier, std::string, std::string>;

    void report(const acme::Send& send, fuzz::Input& input)
    {
        now_ += base::Duration(input.byte());
        if (input.byte() % 8 == 7) {
            perform(issuance_.on_failure(
                send.exchange,
                {base::ErrorKind::network, "connection reset"}, now_));
        } else {
            perform(issuance_.on_response(send.exchange,
                                          response(input, names_), now_));
        }
    }

    void report(const acme::Wait& wait, fuzz::Input&)
    {
        now_ += wait.delay;
        hurry_[wait.exchange] = 0;
        perform(issuance_.on_elapsed(wait.exchange));
    }

    void report(const acme::Present& present, fuzz::Input& input)
    {
        const base::Error full{base::ErrorKind::internal, "the board is full"};
        perform(issuance_.on_presented(
            present.exchange, input.byte() % 8 == 7 ? base::Status(full)
                                                    : base::ok()));
    }

    // What is not due is passed over.
    void report_nonsense(fuzz::Input& input)
    {
        const acme::Exchange exchange{
            input.byte() % 2 ? acme::Exchange::Subject::authorization
                             : acme::Exchange::Subject::order,
            input.byte() % 8};
        const auto due = awaited_.find(exchange);
        const auto kind = due == awaited_.end() ? 3 : due->second.index();
        if (kind != 0) {
            ignored(issuance_.on_response(exchange, response(input, names_),
                                          now_));
        }
        if (kind != 1) {
            ignored(issuance_.on_elapsed(exchange));
        }
        if (kind != 2) {
            ignored(issuance_.on_presented(exchange, base::ok()));
        }
    }

    static void ignored(const acme::Actions& actions)
    {
        fuzz::require(actions.empty(), "what is not due is passed over");
    }

    void perform(const acme::Actions& actions)
    {
        for (const auto& action : actions) {
            fuzz::require(!finished_, "the last action is the last");
            std::visit([this](const auto& a) { perform(a); }, action);
        }
    }

    void await(acme::Exchange exchange, const Awaited& action)
    {
        fuzz::require(awaited_.emplace(exchange, action).second,
                      "an exchange does one thing at a time");
    }

    void perform(const acme::Send& send)
    {
        await(send.exchange, send);
        require_url(send.url);
        fuzz::require(send.payload.empty()
                          || base::json::parse_object(send.payload),
                      "a payload is JSON or nothing", send.payload);
        fuzz::require(++hurry_[send.exchange] <= kMaxHurry,
                      "the CA is not hammered", send.url);
    }

    void perform(const acme::Wait& wait)
    {
        await(wait.exchange, wait);
        fuzz::require(wait.delay >= std::chrono::milliseconds(100)
                          && wait.delay <= http::kMaxRetryAfter,
                      "a pause is neither nothing nor for ever");
    }

    void perform(const acme::Present& present)
    {
        await(present.exchange, present);
        const auto& type = present.challenge.type;
        const auto& token = present.challenge.token;
        const bool has_token = type != "dns-persist-01";
        fuzz::require(has_token ? base::is_base64url(token)
                              && token.size() <= 256
                                : token.empty(),
                      "a token can be part of a path", token);
        fuzz::require(std::ranges::count(types_, type) == 1,
                      "a challenge is of an allowed type", type);
        const auto ours = acme_test::identifiers(names_);
        fuzz::require(std::ranges::count(ours, present.identifier) > 0,
                      "it is about a name of ours", present.identifier.value);
        presented_.emplace(present.identifier, type, token);
    }

    void perform(const acme::Withdraw& withdraw)
    {
        const Answer answer(withdraw.identifier, withdraw.type,
                            withdraw.token);
        const auto found = presented_.find(answer);
        fuzz::require(found != presented_.end(),
                      "only what is presented is withdrawn", withdraw.token);
        presented_.erase(found);
    }

    void perform(const acme::Remember& remember)
    {
        require_url(remember.order_url);
    }

    void perform(const acme::Forget&) {}
    void perform(const acme::Warn&) {}

    void perform(const acme::Discard& discard)
    {
        require_url(discard.url);
        fuzz::require(bool(base::json::parse_object(discard.payload)),
                      "a payload is JSON", discard.payload);
    }

    void perform(const acme::Issued& issued)
    {
        fuzz::require(!issued.chains.front().empty(), "it is not empty");
        finish();
    }

    void perform(const acme::Failed& failed)
    {
        fuzz::require_printable(failed.error.message);
        finish();
    }

    void finish()
    {
        fuzz::require(presented_.empty(), "no answer is left behind");
        finished_ = true;
    }

    static void require_url(const std::string& url)
    {
        fuzz::require(bool(http::check_url(url)), "it can be followed", url);
    }

    Names names_;
    std::vector<std::string> types_;
    acme::Issuance issuance_;
    base::Time now_ = fuzz::kNow;
    bool finished_ = false;
    std::map<acme::Exchange, Awaited> awaited_;
    std::map<acme::Exchange, int> hurry_;
    std::multiset<Answer> presented_;
};

Owner new_owner(fuzz::Input& input)
{
    const auto choice = input.byte();
    Names names(kNames.begin(), kNames.begin() + 1 + choice % 3);
    std::vector<std::string> types = {"http-01"};
    if (choice & 16) {
        types.emplace_back("dns-01");
    }
    return {std::move(names), (choice & 32) != 0, std::move(types)};
}

}  // namespace

FUZZ_TARGET(issuance)
{
    fuzz::Input whole(input);
    auto owner = new_owner(whole);
    for (int round = 0; round < kMaxRounds; ++round) {
        auto steps = whole;
        for (int i = 0; i == 0 || (i < kMaxSteps && !steps.empty()); ++i) {
            if (owner.finished()) {
                return;
            }
            owner.step(steps);
        }
        owner.a_day_passes();
    }
    fuzz::require(owner.finished(), "every order has an end");
}
