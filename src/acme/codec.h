// Every JSON shape of RFC 8555, read and written in this one place. URLs that
// are to be followed are checked (http::check_url) here; Errors are of kind
// protocol and name the member.
#pragma once

#include <string>
#include <string_view>

#include "acme/objects.h"
#include "base/identifier.h"
#include "base/result.h"

namespace acme {

base::Result<Directory> decode_directory(std::string_view body);
base::Result<Order> decode_order(std::string_view body);
base::Result<Authorization> decode_authorization(std::string_view body);
base::Result<Challenge> decode_challenge(std::string_view body);
std::optional<Problem> decode_problem(std::string_view body);

struct NewAccount {
    std::vector<std::string> contacts;  // "mailto:..." or bare addresses
    bool terms_agreed = false;
    bool only_return_existing = false;
};

std::string encode(const NewAccount& account);
std::string encode_new_order(const base::Identifiers& identifiers);
std::string encode_finalize(std::string_view csr_der);
std::string encode_revocation(std::string_view certificate_der, int reason);
std::string encode_deactivation();  // {"status":"deactivated"}

}  // namespace acme
