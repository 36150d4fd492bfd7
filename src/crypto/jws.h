// JSON Web Signatures as ACME uses them (RFC 8555, section 6.2; RFC 7515,
// flattened JSON; RFC 7638 thumbprints).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/hmac.h"
#include "crypto/key.h"

namespace crypto {

struct JwsHeader {
    std::string nonce;  // left out when empty
    std::string url;
    std::string kid;  // empty: the public key itself ("jwk") goes in
};

// The JSON text to be sent. `payload` empty is POST-as-GET.
base::Result<std::string> sign_jws(const PrivateKey& key,
                                   const JwsHeader& header,
                                   std::string_view payload);

// The same with a MAC instead of a signature (RFC 7518, section 3.2). The
// header has a kid.
base::Result<std::string> mac_jws(Hash hash, const base::Secret& key,
                                  const JwsHeader& header,
                                  std::string_view payload);

// The public key as a JWK, members in the order of RFC 7638, section 3.2.
base::Result<std::string> public_jwk(const PrivateKey& key);

// base64url(SHA-256(public_jwk)).
base::Result<std::string> thumbprint(const PrivateKey& key);

}  // namespace crypto
