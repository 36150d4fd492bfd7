// How the CA of the manager's tests behaves, and what it says when it says no.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/identifier.h"
#include "http/message.h"
#include "manager_loop.h"

namespace manager_test {

using Json = nlohmann::json;

// The answers to challenges that are visible: by token.
using Board = std::map<std::string, std::string>;

inline http::Response problem(int status, const std::string& type,
                              http::Headers headers = {})
{
    const Json body{{"type", "urn:ietf:params:acme:error:" + type},
                    {"detail", "as the test wants it"}};
    return {status, std::move(headers), body.dump()};
}

// How the CA behaves.
struct CaManners {
    base::Duration lifetime = 90 * kDay;
    Json meta = Json::object();  // of its directory, beside the terms
    // External accounts that an account must be bound to, MAC keys by kid;
    // each is good for one account. None: nothing is to be bound.
    std::map<std::string, std::string> external;
    // Renewal information, the same for each certificate; none: the CA has no
    // such thing.
    std::string renewal_info;
    std::string renewal_retry_after = "21600";
    // The order that renews one is refused like this, if it says so.
    std::optional<http::Response> refusal_of_replaces;
    // Runs a responder, which says so; and how long what it says holds.
    bool runs_ocsp = false;
    int ocsp_status = 0;  // V_OCSP_CERTSTATUS_GOOD
    base::Duration ocsp_lifetime = 7 * kDay;
    // Beside the default, each leading to a root of that name.
    std::vector<std::string> alternates;
    base::Duration validating = 50ms;
    base::Duration processing = 50ms;
    std::string processing_retry_after;
    std::set<std::string> unreachable;  // names that cannot be validated
    base::Duration trying = 50ms;       // until it says so of one
    std::string trying_retry_after;
    base::Identifiers certify;          // instead of what was ordered
};

}  // namespace manager_test
