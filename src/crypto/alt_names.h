// subjectAltName: the identifiers of a certificate or of a request for one
// (RFC 5280, section 4.2.1.6; RFC 8738, section 3).
#pragma once

#include "base/identifier.h"
#include "base/result.h"
#include "crypto/handles.h"

namespace crypto {

base::Result<UniqueExtension> make_alt_names(
    const base::Identifiers& identifiers);

// DNS names (lower case) and IP addresses, sorted; other kinds left out.
base::Identifiers read_alt_names(const X509& x509);

}  // namespace crypto
