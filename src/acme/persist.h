// dns-persist-01: what CA and account are called in the record that an operator
// sets. Its drafts differ: up to draft 01 the account stands there by its URL,
// from draft 02 on by a digest that is bound to domain and key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme/objects.h"
#include "base/result.h"

namespace acme {

struct Registered {
    std::string url;         // of the account
    std::string thumbprint;  // of its key (RFC 7638)
};

// Preferred first; never empty.
struct PersistNames {
    std::vector<std::string> issuers;
    std::vector<std::string> accounts;
};

// `domain` without "*.". An Error when the CA is of neither draft.
base::Result<PersistNames> persist_names(const Challenge& challenge,
                                         const Directory& directory,
                                         std::string_view domain,
                                         const Registered& account);

}  // namespace acme
