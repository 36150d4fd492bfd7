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
// Whether that is an account which will never be of use again.
bool is_dead_account(std::string_view body);
std::optional<Problem> decode_problem(std::string_view body);

struct NewAccount {
    std::vector<std::string> contacts;  // "mailto:..." or bare addresses
    bool terms_agreed = false;
    bool only_return_existing = false;
    std::string binding;  // Session::bind(); empty: none
};

std::string encode(const NewAccount& account);

struct NewOrder {
    base::Identifiers identifiers;
    std::string profile;   // draft-ietf-acme-profiles; empty: the CA's choice
    std::string replaces;  // renewal_id() of the one before; empty: none
};
std::string encode(const NewOrder& order);

std::string encode_finalize(std::string_view csr_der);
std::string encode_revocation(std::string_view certificate_der, int reason);
std::string encode_deactivation();  // {"status":"deactivated"}
// Of an account, whose every contact this is.
std::string encode_contacts(const std::vector<std::string>& contacts);
// `old_key` is a JWK (section 7.3.5).
std::string encode_key_change(const std::string& account,
                              const std::string& old_key);

}  // namespace acme
