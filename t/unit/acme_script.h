// Script: an Issuance on a stage. Reports go in by short names, actions come
// out as lines, so that a test reads like the conversation it is about:
//
//     order: POST https://ca.example/new-order {...}
//     order: GET https://ca.example/order/1        (POST-as-GET)
//     authz 0: wait 100 ms
//     authz 0: present a.example http-01 token-a
//     withdraw a.example http-01 token-a
//     remember https://ca.example/order/1
//     discard https://ca.example/authz/0
//     issued CERTIFICATE
//     failed: finalizing order: HTTP 403 ...
//     failed, order usable: ...
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "acme/issuance.h"

namespace acme_test {

using Lines = std::vector<std::string>;

constexpr acme::Exchange kOrder{acme::Exchange::Subject::order, 0};

inline acme::Exchange authz(std::size_t index)
{
    return {acme::Exchange::Subject::authorization, index};
}

constexpr base::Time kStart = std::chrono::sys_days(
    std::chrono::year(2026) / 11 / 23);

inline const std::string kCa = "https://ca.example/";

inline std::string name_of(const acme::Exchange& exchange)
{
    return exchange == kOrder ? "order: "
                              : "authz " + std::to_string(exchange.index)
                                    + ": ";
}

struct Line {
    std::string operator()(const acme::Send& send) const
    {
        const std::string verb = send.payload.empty() ? "GET " : "POST ";
        return name_of(send.exchange) + verb + send.url
               + (send.payload.empty() ? "" : " " + send.payload)
               + (send.accept.empty() ? "" : " accept " + send.accept);
    }
    std::string operator()(const acme::Wait& wait) const
    {
        return name_of(wait.exchange) + "wait "
               + std::to_string(wait.delay.count()) + " ms";
    }
    std::string operator()(const acme::Present& present) const
    {
        return name_of(present.exchange) + "present "
               + present.identifier.value + " " + present.challenge.type
               + " " + present.challenge.token;
    }
    std::string operator()(const acme::Withdraw& withdraw) const
    {
        return "withdraw " + withdraw.identifier.value + " " + withdraw.type
               + " " + withdraw.token;
    }
    std::string operator()(const acme::Remember& remember) const
    {
        return "remember " + remember.order_url;
    }
    std::string operator()(const acme::Forget&) const { return "forget"; }
    std::string operator()(const acme::Discard& discard) const
    {
        return "discard " + discard.url;
    }
    std::string operator()(const acme::Warn& warn) const
    {
        return "warn " + warn.text;
    }
    std::string operator()(const acme::Issued& issued) const
    {
        std::string text = "issued";
        for (const auto& chain : issued.chains) {
            text += " " + chain;
        }
        return text;
    }
    std::string operator()(const acme::Failed& failed) const
    {
        return std::string("failed") + (failed.order_usable ? ", order usable"
                                                            : "")
               + ": " + failed.error.message;
    }
};

inline base::Identifiers identifiers(const std::vector<std::string>& names)
{
    base::Identifiers result;
    for (const auto& name : names) {
        result.push_back(*base::parse_identifier(name));
    }
    return result;
}

class Script {
public:
    explicit Script(const std::vector<std::string>& names,
                    const std::string& order_url = "",
                    std::vector<std::string> types = {"http-01"})
        : issuance_({{identifiers(names), "", ""}, false, "CSR",
                     kCa + "new-order", order_url,
                     std::move(types)})
    {}

    base::Time now = kStart;
    // Of the last Failed.
    std::optional<base::Error> error;

    Lines start() { return lines(issuance_.start()); }

    Lines answer(acme::Exchange exchange, int status, std::string body = "",
                 http::Headers headers = {})
    {
        return lines(issuance_.on_response(
            exchange, {status, std::move(headers), std::move(body)}, now));
    }

    Lines lost(acme::Exchange exchange)
    {
        return lines(issuance_.on_failure(
            exchange, {base::ErrorKind::network, "connection reset"}, now));
    }

    // No nonce was to be had, and the CA said when to come again.
    Lines limited(acme::Exchange exchange, base::Duration delay)
    {
        return lines(issuance_.on_failure(
            exchange,
            {base::ErrorKind::rate_limited, "HTTP 429", now + delay}, now));
    }

    Lines elapsed(acme::Exchange exchange)
    {
        return lines(issuance_.on_elapsed(exchange));
    }

    Lines presented(acme::Exchange exchange,
                    base::Status status = base::ok())
    {
        return lines(issuance_.on_presented(exchange, std::move(status)));
    }

    std::string activity() const { return issuance_.activity(); }

    // newOrder has been answered like this.
    Lines placed(std::string order)
    {
        start();
        return answer(kOrder, 201, std::move(order),
                      {{"Location", kCa + "order/1"}});
    }

private:
    Lines lines(const acme::Actions& actions)
    {
        Lines result;
        for (const auto& action : actions) {
            result.push_back(std::visit(Line(), action));
            if (const auto* failed = std::get_if<acme::Failed>(&action)) {
                error = failed->error;
            }
        }
        return result;
    }

    acme::Issuance issuance_;
};

// What the CA answers. Authorization URLs are .../authz/0 and so on.
inline std::string order_json(const std::vector<std::string>& names,
                              const std::string& status,
                              const std::string& more = "")
{
    std::string ids, urls;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool ip = base::parse_identifier(names[i])->type
                        == base::Identifier::Type::ip;
        ids += std::string(i ? "," : "") + "{\"type\":\"" + (ip ? "ip" : "dns")
               + "\",\"value\":\"" + names[i] + "\"}";
        urls += std::string(i ? "," : "") + "\"" + kCa + "authz/"
                + std::to_string(i) + "\"";
    }
    return "{\"status\":\"" + status + "\",\"identifiers\":[" + ids
           + "],\"authorizations\":[" + urls + "],\"finalize\":\"" + kCa
           + "finalize/1\"" + more + "}";
}

inline const std::string kCertificate =
    ",\"certificate\":\"" + kCa + "cert/1\"";

inline std::string problem_json(const std::string& type,
                                const std::string& detail)
{
    return "{\"type\":\"urn:ietf:params:acme:error:" + type
           + "\",\"detail\":\"" + detail + "\"}";
}

inline std::string challenge_json(const std::string& type,
                                  const std::string& status,
                                  const std::string& error = "")
{
    return "{\"type\":\"" + type + "\",\"url\":\"" + kCa + "chall/" + type
           + "\",\"token\":\"token-" + type + "\",\"status\":\"" + status
           + "\"" + (error.empty() ? "" : ",\"error\":" + error) + "}";
}

inline std::string authz_json(const std::string& name,
                              const std::string& status,
                              const std::string& challenges)
{
    const auto identifier = *base::parse_identifier(name);
    const bool ip = identifier.type == base::Identifier::Type::ip;
    return std::string("{\"status\":\"") + status
           + "\",\"identifier\":{\"type\":\"" + (ip ? "ip" : "dns")
           + "\",\"value\":\""
           + (identifier.wildcard() ? name.substr(2) : name) + "\"}"
           + (identifier.wildcard() ? ",\"wildcard\":true" : "")
           + ",\"challenges\":[" + challenges + "]}";
}

// With the challenge of http-01 alone.
inline std::string http_authz(const std::string& name,
                              const std::string& status,
                              const std::string& challenge_status)
{
    return authz_json(name, status,
                      challenge_json("http-01", challenge_status));
}

}  // namespace acme_test
