#include <openssl/rand.h>

#include "crypto/alt_names.h"
#include "crypto/certificate.h"
#include "crypto/error.h"

namespace crypto {

namespace {

constexpr long kPlaceholderSeconds = 10 * 365 * 24 * 3600L;

bool set_serial(X509& x509)
{
    // Positive, as RFC 5280, section 4.1.2.2, wants it.
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return false;
    }
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    const UniqueBignum number(BN_bin2bn(bytes, sizeof(bytes), nullptr));
    return number
           && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&x509));
}

// What a browser shows instead of a CA.
bool set_placeholder_name(X509& x509)
{
    static const unsigned char kText[] = "acme_domain placeholder";
    const UniqueName name(X509_NAME_new());
    return name
           && X509_NAME_add_entry_by_NID(name.get(), NID_commonName,
                                         MBSTRING_UTF8, kText, -1, -1, 0)
                  == 1
           && X509_set_subject_name(&x509, name.get()) == 1
           && X509_set_issuer_name(&x509, name.get()) == 1;
}

bool set_placeholder_fields(X509& x509, const PrivateKey& key)
{
    return X509_set_version(&x509, X509_VERSION_3) == 1 && set_serial(x509)
           && set_placeholder_name(x509)
           && X509_gmtime_adj(X509_getm_notBefore(&x509), 0)
           && X509_gmtime_adj(X509_getm_notAfter(&x509), kPlaceholderSeconds)
           && X509_set_pubkey(&x509, &key.native()) == 1;
}

}  // namespace

base::Result<Certificate> make_placeholder(const PrivateKey& key,
                                           std::string_view name)
{
    const ErrorQueueGuard guard;
    const auto identifier = base::parse_identifier(name);
    if (!identifier) {
        return identifier.error();
    }
    const auto names = make_alt_names({*identifier});
    if (!names) {
        return names.error();
    }
    UniqueX509 x509(X509_new());
    if (!x509 || !set_placeholder_fields(*x509, key)
        || X509_add_ext(x509.get(), names->get(), -1) != 1
        || X509_sign(x509.get(), &key.native(), EVP_sha256()) == 0)
    {
        return openssl_error("making a placeholder certificate");
    }
    return Certificate(std::move(x509));
}

}  // namespace crypto
