// RFC 8555's objects as plain values (section 7.1). The codec fills them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "acme/problem.h"
#include "base/identifier.h"
#include "base/time.h"

namespace acme {

struct Directory {  // section 7.1.1
    std::string new_nonce;
    std::string new_account;
    std::string new_order;
    std::string revoke_cert;   // empty: not offered
    std::string key_change;    // likewise
    std::string renewal_info;  // likewise (RFC 9773)
    std::string terms_of_service;
    bool external_account_required = false;
    std::map<std::string, std::string> profiles;
    std::vector<std::string> caa_identities;
    // Of a CA with dns-persist-01 as its draft 02 has it; else empty.
    std::string account_hash_prefix;
    std::vector<std::string> issuer_domain_names;
};

struct Order {  // section 7.1.3
    enum class Status { pending, ready, processing, valid, invalid };

    Status status = Status::pending;
    base::Identifiers identifiers;
    std::vector<std::string> authorizations;  // URLs, in no order
    std::string finalize;                     // URL
    std::string certificate;                  // URL, empty until valid
    std::optional<Problem> error;
    std::optional<base::Time> expires;
};

struct Challenge {  // section 7.1.5 and 8
    enum class Status { pending, processing, valid, invalid };

    std::string type;
    std::string url;
    std::string token;  // empty for types without
    Status status = Status::pending;
    std::optional<Problem> error;

    // dns-persist-01 alone.
    std::vector<std::string> issuers;  // names that a record may begin with
    std::string account_uri;           // empty: the account's URL
    bool hashes_account = false;       // draft 02
};

struct Authorization {  // section 7.1.4
    enum class Status {
        pending, valid, invalid, deactivated, expired, revoked
    };

    base::Identifier identifier;  // with "*." put back when it is a wildcard
    Status status = Status::pending;
    std::vector<Challenge> challenges;  // unknown types included
};

}  // namespace acme
