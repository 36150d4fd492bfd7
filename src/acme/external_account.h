// External account binding: a CA's customer shows whose account this is to be
// (RFC 8555, section 7.3.4).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/hmac.h"

namespace acme {

struct ExternalAccount {
    std::string kid;
    base::Secret key;  // of the MAC, decoded
    crypto::Hash hash = crypto::Hash::sha256;
};

// The key as CAs hand it out: base64url, or base64, with padding or without,
// with white space around it. Errors are of kind config and never show it.
base::Result<base::Secret> decode_mac_key(const base::Secret& text);

// "HS256", "HS384" or "HS512".
base::Result<crypto::Hash> parse_mac_algorithm(std::string_view name);

// The answer of a service that gives credentials to whom an e-mail address
// belongs (ZeroSSL's): {"success":true,"eab_kid":"...","eab_hmac_key":"..."}.
base::Result<ExternalAccount> decode_credentials(const base::Secret& body);

}  // namespace acme
