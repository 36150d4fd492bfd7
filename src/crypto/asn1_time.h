// Times in ASN.1.
#pragma once

#include <openssl/asn1.h>

#include "base/time.h"

namespace crypto {

// The beginning of 1970 for what cannot be read.
base::Time to_time(const ASN1_TIME* time);

}  // namespace crypto
