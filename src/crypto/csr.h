// Certificate signing requests (RFC 8555, section 7.4).
#pragma once

#include <string>

#include "base/identifier.h"
#include "base/result.h"
#include "crypto/key.h"

namespace crypto {

// DER of a PKCS #10 request: empty subject (no common name: it is limited to
// 64 bytes and means nothing to clients any more), all identifiers as
// subjectAltName, signed with the key.
base::Result<std::string> make_csr(const PrivateKey& key,
                                   const base::Identifiers& identifiers);

}  // namespace crypto
