// What an acme-dns server gives for one name, once: the place that the name's
// _acme-challenge is to be a CNAME of, and what allows to write there. Lost,
// the CNAME has to be set anew by a person.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace dns {

struct AcmeDnsRegistration {
    std::string fulldomain;  // where the CNAME leads
    std::string subdomain;
    std::string username;
    base::Secret password;
};

// JSON, in acme-dns' own terms, as the server gives it and as it is stored.
base::Secret encode(const AcmeDnsRegistration& registration);

// Refuses what could not stand in a header.
base::Result<AcmeDnsRegistration> decode_registration(std::string_view json);

}  // namespace dns
