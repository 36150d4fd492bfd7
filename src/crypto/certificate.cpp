#include "crypto/certificate.h"

#include <algorithm>
#include <chrono>

#include <openssl/pem.h>

#include "base/text.h"
#include "crypto/alt_names.h"
#include "crypto/asn1_time.h"
#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/pem.h"

namespace crypto {

namespace {

std::string text_of(BIO& bio)
{
    char* text = nullptr;
    const long size = BIO_get_mem_data(&bio, &text);
    return size > 0 ? std::string(text, std::size_t(size)) : std::string();
}

std::string common_name(const X509_NAME* name)
{
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0) {
        return {};
    }
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(
        &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) {
        return {};
    }
    const UniqueBytes owner(text);
    return std::string(text, text + size);
}

std::string whole_name(const X509_NAME* name)
{
    const UniqueBio bio(BIO_new(BIO_s_mem()));
    if (!bio
        || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE) < 0)
    {
        return {};
    }
    return text_of(*bio);
}

// The names are sorted.
bool covered(const base::Identifiers& names,
             const base::Identifier& identifier)
{
    if (std::binary_search(names.begin(), names.end(), identifier)) {
        return true;
    }
    const auto dot = identifier.value.find('.');
    if (identifier.type != base::Identifier::Type::dns
        || dot == std::string::npos)
    {
        return false;
    }
    const base::Identifier wildcard{base::Identifier::Type::dns,
                                    "*" + identifier.value.substr(dot)};
    return std::binary_search(names.begin(), names.end(), wildcard);
}

base::Identifiers normalized(base::Identifiers identifiers)
{
    std::sort(identifiers.begin(), identifiers.end());
    const auto end = std::unique(identifiers.begin(), identifiers.end());
    identifiers.erase(end, identifiers.end());
    return identifiers;
}

}  // namespace

base::Identifiers Certificate::names() const { return read_alt_names(*x509_); }

base::Time Certificate::not_before() const
{
    return to_time(X509_get0_notBefore(x509_.get()));
}

base::Time Certificate::not_after() const
{
    return to_time(X509_get0_notAfter(x509_.get()));
}

std::string Certificate::serial() const
{
    const ASN1_INTEGER* serial = X509_get0_serialNumber(x509_.get());
    return to_hex({reinterpret_cast<const char*>(
                       ASN1_STRING_get0_data(serial)),
                   std::size_t(ASN1_STRING_length(serial))});
}

std::string Certificate::serial_bytes() const
{
    const ErrorQueueGuard guard;
    unsigned char* der = nullptr;
    const int size = i2d_ASN1_INTEGER(X509_get0_serialNumber(x509_.get()), &der);
    const UniqueBytes owner(der);
    const unsigned char* content = der;
    long length = 0;
    int tag = 0;
    int kind = 0;
    if (size <= 0
        || (ASN1_get_object(&content, &length, &tag, &kind, size) & 0x80) != 0)
    {
        return {};
    }
    return {content, content + length};
}

std::string Certificate::authority_key_id() const
{
    const ErrorQueueGuard guard;
    const auto* id = X509_get0_authority_key_id(x509_.get());
    if (id == nullptr) {
        return {};
    }
    const auto* bytes = ASN1_STRING_get0_data(id);
    return {bytes, bytes + ASN1_STRING_length(id)};
}

std::string Certificate::fingerprint() const
{
    const ErrorQueueGuard guard;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (X509_digest(x509_.get(), EVP_sha256(), digest, &size) != 1) {
        return {};
    }
    return to_hex({reinterpret_cast<const char*>(digest), size});
}

std::string Certificate::issuer() const
{
    const ErrorQueueGuard guard;
    const X509_NAME* name = X509_get_issuer_name(x509_.get());
    const auto common = common_name(name);
    return base::printable(common.empty() ? whole_name(name) : common);
}

bool Certificate::belongs_to(const PrivateKey& key) const
{
    const ErrorQueueGuard guard;
    const EVP_PKEY* own = X509_get0_pubkey(x509_.get());
    return own && EVP_PKEY_eq(own, &key.native()) == 1;
}

base::Result<KeyType> Certificate::key_type() const
{
    const ErrorQueueGuard guard;
    const EVP_PKEY* key = X509_get0_pubkey(x509_.get());
    if (!key) {
        return openssl_error("reading a certificate's key");
    }
    return key_type_of(*key);
}

base::Result<Chain> parse_chain(std::string_view pem)
{
    Chain chain;
    PemReader reader(pem);
    PemBlock block;
    for (;;) {
        const auto found = reader.next(block);
        if (!found) {
            return found.error();
        }
        if (!*found) {
            break;
        }
        if (!block.is_certificate()) {
            continue;
        }
        if (auto status = append(chain, block); !status) {
            return status.error();
        }
    }
    if (chain.empty()) {
        return base::Error{base::ErrorKind::crypto, "no certificate"};
    }
    return chain;
}

base::Result<std::string> to_pem(std::span<const Certificate> chain)
{
    const ErrorQueueGuard guard;
    const UniqueBio bio(BIO_new(BIO_s_mem()));
    bool written = bio != nullptr;
    for (const auto& certificate : chain) {
        written = written
                  && PEM_write_bio_X509(bio.get(), &certificate.native()) == 1;
    }
    if (!written) {
        return openssl_error("writing a certificate");
    }
    return text_of(*bio);
}

base::Result<std::string> to_der(const Certificate& certificate)
{
    const ErrorQueueGuard guard;
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(&certificate.native(), &bytes);
    if (size <= 0) {
        return openssl_error("encoding a certificate");
    }
    const UniqueBytes owner(bytes);
    return std::string(bytes, bytes + size);
}

bool covers_exactly(const Certificate& leaf,
                    const base::Identifiers& identifiers)
{
    return normalized(leaf.names()) == normalized(identifiers);
}

bool covers(const Certificate& leaf, const base::Identifiers& identifiers)
{
    const auto names = leaf.names();
    return std::all_of(
        identifiers.begin(), identifiers.end(),
        [&](const auto& identifier) { return covered(names, identifier); });
}

bool leads_to(const Chain& chain, std::string_view preferred)
{
    return chain.back().issuer() == preferred
        || std::ranges::any_of(chain, [preferred](const auto& certificate) {
               return certificate.fingerprint() == preferred;
           });
}

}  // namespace crypto
