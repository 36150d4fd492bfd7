// TsigKey: what two sides share that sign DNS messages (RFC 8945).
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/hmac.h"
#include "dns/name.h"

namespace dns {

struct TsigKey {
    Name name;
    crypto::Hash hash = crypto::Hash::sha256;
    base::Secret secret;
};

// "hmac-sha256", "hmac-sha512": the algorithm as a domain name.
Name algorithm_name(crypto::Hash hash);

// A key file as tsig-keygen of BIND writes it:
//
//     key "name" { algorithm hmac-sha256; secret "<base64>"; };
//
// with comments as named.conf has them. Errors never show the secret.
base::Result<TsigKey> parse_tsig_key(std::string_view text);

}  // namespace dns
