// OCSP (RFC 6960): asking whether a certificate is revoked, for stapling.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace crypto {

// Where to ask: of the certificate's authorityInfoAccess, an http or https URL.
// Empty when its CA does not run OCSP.
std::string ocsp_url(const Certificate& leaf);

// The request, in DER, without a nonce: responders answer with what they have
// ready. The chain is the leaf and its issuer at least.
base::Result<std::string> make_ocsp_request(const Chain& chain);

struct OcspStatus {
    bool revoked = false;
    base::Time this_update;
    base::Time next_update;
};

// What a response in DER says of the leaf. An Error when it is not about it, not
// signed by its issuer or in its name, says that it does not know, does not say
// until when it holds, or holds no more or not yet (five minutes of difference
// between clocks are fine).
base::Result<OcspStatus> read_ocsp_response(std::string_view der,
                                            const Chain& chain,
                                            base::Time now);

}  // namespace crypto
