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
    UniqueKey key(d2i_AutoPrivateKey(nullptr, &at,
                                     long(der_.get_deleter().size)));
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
