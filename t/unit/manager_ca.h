// AcmeCa: a certificate authority in memory (RFC 8555), as far as the manager
// can tell one. It counts what it is asked, and does wrong what it is told.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/base64url.h"
#include "crypto_ca.h"
#include "http/message.h"
#include "manager_loop.h"

namespace manager_test {

using Json = nlohmann::json;
using Answer = base::Result<http::Response>;
using Names = std::vector<std::string>;

// The answers to challenges that are visible: by token.
using Board = std::map<std::string, std::string>;

inline http::Response problem(int status, const std::string& type,
                              http::Headers headers = {})
{
    const Json body{{"type", "urn:ietf:params:acme:error:" + type},
                    {"detail", "as the test wants it"}};
    return {status, std::move(headers), body.dump()};
}

inline base::Error no_connection()
{
    return {base::ErrorKind::network, "connection refused"};
}

class AcmeCa {
public:
    AcmeCa(std::string base, const Loop& loop, const Board& board)
        : base_(std::move(base)), loop_(loop), board_(board)
    {}

    std::string directory() const { return base_ + "directory"; }

    // What was asked, by resource: "newOrder", "authz", "deactivate" ...
    Names requests;

    std::size_t count(std::string_view resource) const
    {
        return std::size_t(std::ranges::count(requests, resource));
    }

    // Names of each order, joined, in the order of their arrival.
    Names ordered() const
    {
        Names all;
        for (const auto& order : orders_) {
            all.push_back(base::join(order.names));
        }
        return all;
    }

    bool down = false;
    base::Duration lifetime = 90 * kDay;
    base::Duration validating = 50ms;
    base::Duration processing = 50ms;
    std::string processing_retry_after;
    std::set<std::string> unreachable;  // names that cannot be validated
    base::Identifiers certify;  // instead of what was ordered

    // The next `times` requests of that resource are answered like this.
    void fault(const std::string& resource, unsigned times, Answer answer)
    {
        faults_.push_back({resource, times, std::move(answer)});
    }

    void forget_accounts() { accounts_.clear(); }

    Answer handle(const http::Request& request)
    {
        const Call call = read(request);
        requests.push_back(call.resource);
        if (down) {
            return no_connection();
        }
        auto answer = planned(call.resource).value_or(respond(call));
        if (answer && call.resource != "directory") {
            const auto nonce = "nonce-" + std::to_string(++nonces_made_);
            nonces_.insert(nonce);
            answer->headers.emplace_back("Replay-Nonce", nonce);
        }
        return answer;
    }

private:
    struct Call {
        std::string resource;
        std::size_t order = 0;
        std::size_t authz = 0;
        Json header;
        Json payload;  // null: POST-as-GET, or no POST at all
    };

    struct Fault {
        std::string resource;
        unsigned times;
        Answer answer;
    };

    struct Authz {
        base::Identifier name;
        std::optional<base::Time> triggered;
        bool proved = false;
        bool deactivated = false;
    };

    struct Order {
        std::string account;
        base::Identifiers names;
        std::vector<Authz> authzs;
        std::optional<base::Time> finalized;
        std::string chain;
    };

    Call read(const http::Request& request) const
    {
        Call call;
        const auto path = request.url.substr(base_.size());
        const auto slash = path.find('/');
        call.resource = path.substr(0, slash);
        if (slash != std::string::npos) {
            std::sscanf(path.c_str() + slash, "/%zu/%zu", &call.order,
                        &call.authz);
        }
        if (request.method == http::Request::Method::post) {
            const auto jws = Json::parse(request.body);
            call.header = Json::parse(part(jws, "protected"));
            const auto payload = part(jws, "payload");
            call.payload = payload.empty() ? Json() : Json::parse(payload);
        }
        if (call.resource == "authz" && !call.payload.is_null()) {
            call.resource = "deactivate";
        }
        return call;
    }

    static std::string part(const Json& jws, const char* name)
    {
        return *base::base64url_decode(jws[name].get<std::string>());
    }

    std::optional<Answer> planned(const std::string& resource)
    {
        for (auto& fault : faults_) {
            if (fault.resource == resource && fault.times > 0) {
                fault.times--;
                return fault.answer;
            }
        }
        return std::nullopt;
    }

    http::Response respond(const Call& call)
    {
        if (call.resource == "directory") {
            return on_directory();
        }
        if (call.resource == "newNonce") {
            return {200, {}, ""};
        }
        if (nonces_.erase(call.header.value("nonce", "")) == 0) {
            return problem(400, "badNonce");
        }
        if (call.resource == "newAccount") {
            return on_new_account(call);
        }
        const auto kid = call.header.value("kid", "");
        if (std::ranges::none_of(accounts_, [&](const auto& account) {
                return account.second == kid;
            }))
        {
            return problem(400, "accountDoesNotExist");
        }
        if (call.resource == "newOrder") {
            return on_new_order(call, kid);
        }
        if (call.order >= orders_.size() || orders_[call.order].account != kid)
        {
            return problem(403, "unauthorized");
        }
        return on_order(call);
    }

    http::Response on_directory() const
    {
        Json body;
        for (const auto* name : {"newNonce", "newAccount", "newOrder"}) {
            body[name] = base_ + name;
        }
        return {200, {}, body.dump()};
    }

    http::Response on_new_account(const Call& call)
    {
        const auto [found, is_new] =
            accounts_.try_emplace(call.header["jwk"].dump());
        if (is_new) {
            found->second = base_ + "account/" + std::to_string(++registered_);
        }
        return {is_new ? 201 : 200, {{"Location", found->second}}, "{}"};
    }

    http::Response on_new_order(const Call& call, const std::string& kid)
    {
        Order order;
        order.account = kid;
        for (const auto& identifier : call.payload["identifiers"]) {
            const auto text = identifier["value"].get<std::string>();
            order.names.push_back(crypto_test::name(text));
            order.authzs.push_back({order.names.back(), {}, false, false});
        }
        orders_.push_back(std::move(order));
        const auto number = orders_.size() - 1;
        return {201, {{"Location", url("order", number)}},
                show_order(number).dump()};
    }

    http::Response on_order(const Call& call)
    {
        auto& order = orders_[call.order];
        auto& authz = order.authzs[call.authz];
        if (call.resource == "authz") {
            return {200, {}, show_authz(call.order, call.authz).dump()};
        }
        if (call.resource == "deactivate") {
            authz.deactivated = true;
            return {200, {}, show_authz(call.order, call.authz).dump()};
        }
        if (call.resource == "challenge") {
            authz.triggered = loop_.true_time();
            authz.proved = board_.contains(token(call.order, call.authz))
                && !unreachable.contains(authz.name.value);
            return {200, {}, "{}"};
        }
        if (call.resource == "finalize") {
            return on_finalize(call);
        }
        return call.resource == "certificate"
            ? http::Response{200, {}, order.chain}
            : answer_with(call.order);
    }

    http::Response on_finalize(const Call& call)
    {
        auto& order = orders_[call.order];
        if (status_of(order) != "ready") {
            return problem(403, "orderNotReady");
        }
        order.finalized = loop_.true_time();
        const auto der = part(call.payload, "csr");
        const auto* bytes =
            reinterpret_cast<const unsigned char*>(der.data());
        const crypto::UniqueRequest request(
            d2i_X509_REQ(nullptr, &bytes, long(der.size())));
        const crypto_test::Order wanted{
            "", certify.empty() ? order.names : certify, loop_.true_time(),
            loop_.true_time() + lifetime};
        order.chain = crypto_test::pem_of(root_.issue(
                          *X509_REQ_get0_pubkey(request.get()), wanted))
            + crypto_test::pem_of(root_.certificate(root_));
        return answer_with(call.order);
    }

    http::Response answer_with(std::size_t number) const
    {
        http::Response response{200, {}, show_order(number).dump()};
        if (status_of(orders_[number]) == "processing"
            && !processing_retry_after.empty())
        {
            response.headers.emplace_back("Retry-After",
                                          processing_retry_after);
        }
        return response;
    }

    std::string status_of(const Authz& authz) const
    {
        if (authz.deactivated) {
            return "deactivated";
        }
        if (!authz.triggered
            || loop_.true_time() < *authz.triggered + validating)
        {
            return "pending";
        }
        return authz.proved ? "valid" : "invalid";
    }

    std::string status_of(const Order& order) const
    {
        std::set<std::string> statuses;
        for (const auto& authz : order.authzs) {
            statuses.insert(status_of(authz));
        }
        if (statuses.contains("invalid") || statuses.contains("deactivated")) {
            return "invalid";
        }
        if (statuses.contains("pending")) {
            return "pending";
        }
        if (!order.finalized) {
            return "ready";
        }
        return loop_.true_time() < *order.finalized + processing
            ? "processing"
            : "valid";
    }

    Json show_order(std::size_t number) const
    {
        const auto& order = orders_[number];
        Json body{{"status", status_of(order)},
                  {"finalize", url("finalize", number)}};
        for (std::size_t i = 0; i < order.names.size(); ++i) {
            body["identifiers"].push_back(
                {{"type", "dns"}, {"value", order.names[i].value}});
            body["authorizations"].push_back(
                url("authz", number) + "/" + std::to_string(i));
        }
        if (body["status"] == "valid") {
            body["certificate"] = url("certificate", number);
        }
        return body;
    }

    Json show_authz(std::size_t number, std::size_t index) const
    {
        const auto& authz = orders_[number].authzs[index];
        const auto status = status_of(authz);
        Json challenge{
            {"type", "http-01"},
            {"url", url("challenge", number) + "/" + std::to_string(index)},
            {"token", token(number, index)},
            {"status", status == "deactivated" ? "pending" : status}};
        if (status == "invalid") {
            challenge["error"] = Json::parse(problem(0, "connection").body);
        }
        return {{"status", status},
                {"identifier",
                 {{"type", "dns"}, {"value", authz.name.value}}},
                {"challenges", Json::array({challenge})}};
    }

    std::string url(const char* resource, std::size_t number) const
    {
        return base_ + resource + "/" + std::to_string(number);
    }

    static std::string token(std::size_t number, std::size_t index)
    {
        return "token-" + std::to_string(number) + "-"
            + std::to_string(index);
    }

    std::string base_;
    const Loop& loop_;
    const Board& board_;
    crypto_test::Ca root_{"Root"};
    std::list<Fault> faults_;
    std::set<std::string> nonces_;
    unsigned nonces_made_ = 0;
    std::map<std::string, std::string> accounts_;  // key to URL
    unsigned registered_ = 0;
    std::vector<Order> orders_;
};

}  // namespace manager_test
