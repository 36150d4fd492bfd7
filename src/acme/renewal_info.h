// ACME renewal information (RFC 9773): when a CA suggests that a certificate be
// renewed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/certificate.h"

namespace acme {

struct RenewalInfo {  // section 4.2
    base::Time start;  // of the window in which to renew
    base::Time end;
    std::string explanation_url;  // for people; may be empty
};

// An Error, too, when the window does not end after its start.
base::Result<RenewalInfo> decode_renewal_info(std::string_view body);

// How the CA calls the certificate (section 4.1): its issuer's key and its
// serial number. Empty for one that does not name its issuer's key.
std::string renewal_id(const crypto::Certificate& certificate);

// Where the information about it is; `resource` is the directory's renewalInfo.
std::string renewal_url(std::string_view resource, std::string_view id);

}  // namespace acme
