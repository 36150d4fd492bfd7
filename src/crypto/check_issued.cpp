#include <chrono>
#include <string>

#include "base/text.h"
#include "crypto/certificate.h"
#include "crypto/error.h"

namespace crypto {

namespace {

constexpr base::Duration kClockTolerance = std::chrono::hours(1);

base::Error crypto_error(std::string message)
{
    return {base::ErrorKind::crypto, std::move(message)};
}

base::Status check_validity(const Certificate& leaf, base::Time now)
{
    if (leaf.not_before() > now + kClockTolerance) {
        return crypto_error(
            "the CA issued a certificate that is valid only from "
            + base::format_time(leaf.not_before())
            + "; is this machine's clock right?");
    }
    if (leaf.not_after() <= now) {
        return crypto_error("the CA issued a certificate that expired at "
                            + base::format_time(leaf.not_after())
                            + "; is this machine's clock right?");
    }
    return base::ok();
}

bool signed_by(const Certificate& child, const Certificate& parent)
{
    const ErrorQueueGuard guard;
    EVP_PKEY* key = X509_get0_pubkey(&parent.native());
    return key
           && X509_NAME_cmp(X509_get_issuer_name(&child.native()),
                            X509_get_subject_name(&parent.native()))
                  == 0
           && X509_verify(&child.native(), key) == 1;
}

base::Status check_links(const Chain& chain)
{
    for (std::size_t i = 1; i < chain.size(); ++i) {
        if (!signed_by(chain[i - 1], chain[i])) {
            return crypto_error(
                "the CA sent a chain that does not hold: certificate "
                + std::to_string(i) + ", issued by \"" + chain[i - 1].issuer()
                + "\", is not signed by the next");
        }
    }
    return base::ok();
}

}  // namespace

base::Status check_issued(const Chain& chain, const PrivateKey& key,
                          const base::Identifiers& identifiers,
                          base::Time now)
{
    if (chain.empty()) {
        return crypto_error("the CA issued no certificate");
    }
    const auto& leaf = chain.front();
    if (!leaf.belongs_to(key)) {
        return crypto_error("the CA issued a certificate for another key");
    }
    if (!covers_exactly(leaf, identifiers)) {
        return crypto_error(
            "the CA issued a certificate for other names: "
            + base::printable(base::join(leaf.names())));
    }
    if (auto status = check_validity(leaf, now); !status) {
        return status;
    }
    return check_links(chain);
}

}  // namespace crypto
