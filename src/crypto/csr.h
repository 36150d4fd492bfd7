// Certificate signing requests (RFC 8555, section 7.4).
#pragma once

#include <string>

#include "base/identifier.h"
#include "base/result.h"
#include "crypto/key.h"

namespace crypto {

// DER of a PKCS #10 request: all identifiers as subjectAltName, signed with the
// key. The subject is empty: a common name is limited to 64 bytes and means
// nothing to clients any more. For a CA that insists, it is the first name that
// fits.
base::Result<std::string> make_csr(const PrivateKey& key,
                                   const base::Identifiers& identifiers,
                                   bool common_name = false);

}  // namespace crypto
