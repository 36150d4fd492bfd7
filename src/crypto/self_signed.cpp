#include <openssl/objects.h>
#include <openssl/rand.h>

#include "crypto/alt_names.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/error.h"

namespace crypto {

namespace {

using base::Identifier;

constexpr long kPlaceholderSeconds = 10 * 365 * 24 * 3600L;
constexpr long kValidationSeconds = 7 * 24 * 3600L;

constexpr const char* kAcmeIdentifier = "1.3.6.1.5.5.7.1.31";  // RFC 8737, 3
constexpr unsigned char kOctetString = 0x04;

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
bool set_name(X509& x509, const char* text)
{
    const UniqueName name(X509_NAME_new());
    return name
           && X509_NAME_add_entry_by_NID(
                  name.get(), NID_commonName, MBSTRING_UTF8,
                  reinterpret_cast<const unsigned char*>(text), -1, -1, 0)
                  == 1
           && X509_set_subject_name(&x509, name.get()) == 1
           && X509_set_issuer_name(&x509, name.get()) == 1;
}

bool set_fields(X509& x509, const PrivateKey& key, const char* name,
                long seconds)
{
    return X509_set_version(&x509, X509_VERSION_3) == 1 && set_serial(x509)
           && set_name(x509, name)
           && X509_gmtime_adj(X509_getm_notBefore(&x509), 0)
           && X509_gmtime_adj(X509_getm_notAfter(&x509), seconds)
           && X509_set_pubkey(&x509, &key.native()) == 1;
}

// Critical, so that nobody else takes this certificate for one of the name.
UniqueExtension make_acme_identifier(std::string_view key_authorization)
{
    const auto digest = sha256(key_authorization);
    std::string value{char(kOctetString), char(digest.size())};
    value += digest;
    const UniqueOctets octets(ASN1_OCTET_STRING_new());
    const UniqueObject id(OBJ_txt2obj(kAcmeIdentifier, 1));
    if (!id || !octets
        || ASN1_STRING_set(octets.get(), value.data(), int(value.size())) != 1)
    {
        return nullptr;
    }
    return UniqueExtension(
        X509_EXTENSION_create_by_OBJ(nullptr, id.get(), 1, octets.get()));
}

bool add(X509& x509, const UniqueExtension& extension)
{
    return extension && X509_add_ext(&x509, extension.get(), -1) == 1;
}

bool sign(X509& x509, const PrivateKey& key)
{
    return X509_sign(&x509, &key.native(), EVP_sha256()) != 0;
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
    if (!x509
        || !set_fields(*x509, key, "acme_domain placeholder",
                       kPlaceholderSeconds)
        || !add(*x509, *names) || !sign(*x509, key))
    {
        return openssl_error("making a placeholder certificate");
    }
    return Certificate(std::move(x509));
}

base::Result<Certificate> make_tls_alpn_certificate(
    const PrivateKey& key, const Identifier& identifier,
    std::string_view key_authorization)
{
    const ErrorQueueGuard guard;
    const auto names = make_alt_names({identifier});
    if (!names) {
        return names.error();
    }
    UniqueX509 x509(X509_new());
    if (!x509
        || !set_fields(*x509, key, "ACME validation", kValidationSeconds)
        || !add(*x509, *names)
        || !add(*x509, make_acme_identifier(key_authorization))
        || !sign(*x509, key))
    {
        return openssl_error("making a validation certificate");
    }
    return Certificate(std::move(x509));
}

}  // namespace crypto
