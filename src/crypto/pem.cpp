#include "crypto/pem.h"

#include <limits>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/error.h"

namespace crypto {

namespace {

bool has_readable_dates(const X509& x509)
{
    return ASN1_TIME_check(X509_get0_notBefore(&x509)) == 1
           && ASN1_TIME_check(X509_get0_notAfter(&x509)) == 1;
}

base::Error encrypted_key()
{
    return {base::ErrorKind::crypto, "the private key is encrypted"};
}

// The algorithm that a private key says it is for (in OpenSSL's numbers), by
// the name of its block or, in PKCS #8, by what stands before the key.
int algorithm_of(std::string_view name, std::string_view der)
{
    if (name == PEM_STRING_RSA) {
        return EVP_PKEY_RSA;
    }
    if (name == PEM_STRING_ECPRIVATEKEY) {
        return EVP_PKEY_EC;
    }
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const UniquePkcs8 info(
        d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, long(der.size())));
    const ASN1_OBJECT* algorithm = nullptr;
    const bool known = info
                       && PKCS8_pkey_get0(&algorithm, nullptr, nullptr,
                                          nullptr, info.get())
                              == 1;
    return known ? OBJ_obj2nid(algorithm) : NID_undef;
}

}  // namespace

bool PemBlock::is_certificate() const
{
    return std::string_view(name_.get()) == PEM_STRING_X509;
}

bool PemBlock::is_private_key() const
{
    return std::string_view(name_.get()).ends_with("PRIVATE KEY");
}

base::Result<Certificate> PemBlock::certificate() const
{
    const ErrorQueueGuard guard;
    const unsigned char* at = der_.get();
    const unsigned char* end = at + der_.get_deleter().size;
    UniqueX509 x509(d2i_X509(nullptr, &at, end - at));
    if (!x509) {
        return openssl_error("reading a certificate");
    }
    if (at != end) {
        return base::Error{base::ErrorKind::crypto,
                           "reading a certificate: bytes after its end"};
    }
    if (!has_readable_dates(*x509)) {
        return base::Error{base::ErrorKind::crypto,
                           "reading a certificate: unreadable dates"};
    }
    return Certificate(std::move(x509));
}

base::Result<PrivateKey> PemBlock::private_key() const
{
    const ErrorQueueGuard guard;
    if (std::string_view(name_.get()) == PEM_STRING_PKCS8
        || std::string_view(header_.get()).find("ENCRYPTED")
               != std::string_view::npos)
    {
        return encrypted_key();
    }
    const unsigned char* at = der_.get();
    const auto size = der_.get_deleter().size;
    const int algorithm = algorithm_of(
        name_.get(), {reinterpret_cast<const char*>(at), size});
    // OpenSSL computes the public half of a DSA key, of whatever size it is
    // said to be: 40 kB of it would keep nginx from starting for minutes.
    if (algorithm != EVP_PKEY_RSA && algorithm != EVP_PKEY_EC) {
        return unsupported_key("a key of this algorithm");
    }
    UniqueKey key(d2i_PrivateKey(algorithm, nullptr, &at, long(size)));
    if (!key) {
        return openssl_error("reading a private key");
    }
    return PrivateKey::adopt(std::move(key));
}

PemReader::PemReader(std::string_view text)
{
    if (!text.empty() && text.size() <= std::numeric_limits<int>::max()) {
        bio_.reset(BIO_new_mem_buf(text.data(), int(text.size())));
    }
}

base::Result<bool> PemReader::next(PemBlock& block)
{
    const ErrorQueueGuard guard;
    if (!bio_) {
        return false;
    }
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* der = nullptr;
    long size = 0;
    // "EAY compatible": white space at the end of a line is passed over.
    constexpr unsigned kFlags = PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE;
    if (PEM_read_bio_ex(bio_.get(), &name, &header, &der, &size, kFlags) != 1)
    {
        if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
            return false;
        }
        return openssl_error("reading PEM");
    }
    block.name_.reset(name);
    block.header_.reset(header);
    block.der_ = UniqueSecretBytes(der, WipeFree{std::size_t(size)});
    return true;
}

base::Status append(Chain& chain, const PemBlock& block)
{
    if (chain.size() == kMaxChain) {
        return base::Error{base::ErrorKind::crypto,
                           "a chain of too many certificates"};
    }
    auto certificate = block.certificate();
    if (!certificate) {
        return certificate.error();
    }
    chain.push_back(std::move(*certificate));
    return base::ok();
}

}  // namespace crypto
