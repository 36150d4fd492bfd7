// subjectAltName: the identifiers of a certificate or of a request for one
// (RFC 5280, section 4.2.1.6; RFC 8738, section 3).
#pragma once

#include <string>

#include "base/identifier.h"
#include "base/result.h"
#include "crypto/handles.h"

namespace crypto {

base::Result<UniqueExtension> make_alt_names(
    const base::Identifiers& identifiers);

// "1.2.0.192.in-addr.arpa", "1.0.[...].ip6.arpa": an IP address in the reverse
// tree (RFC 1035, section 3.5; RFC 3596, section 2.5). Empty for no address.
std::string reverse_name(const std::string& address);

// DNS names (lower case) and IP addresses, sorted; other kinds left out.
base::Identifiers read_alt_names(const X509& x509);

}  // namespace crypto
