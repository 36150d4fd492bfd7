#include "acme/persist.h"

#include <algorithm>

#include "base/base64url.h"
#include "crypto/digest.h"

namespace acme {

namespace {

// For records that are to serve for every domain of the account.
constexpr std::string_view kAnyDomain = "*";

// Draft 02, section 4.
std::string hashed(const std::string& prefix, std::string_view domain,
                   const Registered& account)
{
    std::string input(1, char(domain.size()));
    input.append(domain).append(account.thumbprint).append(account.url);
    return prefix + "sha-256/" + base::base64url_encode(crypto::sha256(input));
}

}  // namespace

base::Result<PersistNames> persist_names(const Challenge& challenge,
                                         const Directory& directory,
                                         std::string_view domain,
                                         const Registered& account)
{
    if (!challenge.hashes_account) {
        return PersistNames{challenge.issuers,
                            {challenge.account_uri.empty()
                                 ? account.url
                                 : challenge.account_uri}};
    }
    PersistNames names;
    const auto& known = directory.issuer_domain_names;
    for (const auto& issuer : challenge.issuers) {
        if (std::ranges::find(known, issuer) != known.end()) {
            names.issuers.push_back(issuer);
        }
    }
    if (directory.account_hash_prefix.empty() || names.issuers.empty()) {
        return base::Error{base::ErrorKind::protocol,
                           "the CA's directory does not go with its "
                           "dns-persist-01 challenge"};
    }
    for (const auto each : {domain, kAnyDomain}) {
        names.accounts.push_back(
            hashed(directory.account_hash_prefix, each, account));
    }
    return names;
}

}  // namespace acme
