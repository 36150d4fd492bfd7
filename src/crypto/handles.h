// Owners of OpenSSL objects. The only place where *_free is named.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace crypto {

struct Free {
    void operator()(BIO* p) const { BIO_free_all(p); }
    void operator()(BIGNUM* p) const { BN_free(p); }
    void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
    void operator()(PKCS8_PRIV_KEY_INFO* p) const
    {
        PKCS8_PRIV_KEY_INFO_free(p);
    }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(X509_NAME* p) const { X509_NAME_free(p); }
    void operator()(X509_REQ* p) const { X509_REQ_free(p); }
    void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
    void operator()(ASN1_OCTET_STRING* p) const { ASN1_STRING_free(p); }
    void operator()(ASN1_OBJECT* p) const { ASN1_OBJECT_free(p); }
    void operator()(GENERAL_NAME* p) const { GENERAL_NAME_free(p); }
    void operator()(GENERAL_NAMES* p) const { GENERAL_NAMES_free(p); }
    void operator()(STACK_OF(X509) * p) const
    {
        sk_X509_pop_free(p, X509_free);
    }
    void operator()(STACK_OF(X509_EXTENSION) * p) const
    {
        sk_X509_EXTENSION_pop_free(p, X509_EXTENSION_free);
    }
    void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
    void operator()(unsigned char* p) const { OPENSSL_free(p); }
};

// For memory that may hold a key: wiped, and given back to the heap that it
// came from.
struct WipeFree {
    std::size_t size = 0;

    void operator()(void* p) const { OPENSSL_secure_clear_free(p, size); }
};

using UniqueBio = std::unique_ptr<BIO, Free>;
using UniqueBignum = std::unique_ptr<BIGNUM, Free>;
using UniqueEcdsaSignature = std::unique_ptr<ECDSA_SIG, Free>;
using UniqueKey = std::unique_ptr<EVP_PKEY, Free>;
using UniqueKeyContext = std::unique_ptr<EVP_PKEY_CTX, Free>;
using UniquePkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free>;
using UniqueDigestContext = std::unique_ptr<EVP_MD_CTX, Free>;
using UniqueX509 = std::unique_ptr<X509, Free>;
using UniqueName = std::unique_ptr<X509_NAME, Free>;
using UniqueRequest = std::unique_ptr<X509_REQ, Free>;
using UniqueExtension = std::unique_ptr<X509_EXTENSION, Free>;
using UniqueOctets = std::unique_ptr<ASN1_OCTET_STRING, Free>;
using UniqueObject = std::unique_ptr<ASN1_OBJECT, Free>;
using UniqueGeneralName = std::unique_ptr<GENERAL_NAME, Free>;
using UniqueGeneralNames = std::unique_ptr<GENERAL_NAMES, Free>;
using UniqueChain = std::unique_ptr<STACK_OF(X509), Free>;
using UniqueExtensions = std::unique_ptr<STACK_OF(X509_EXTENSION), Free>;
using UniqueSslContext = std::unique_ptr<SSL_CTX, Free>;
using UniqueBytes = std::unique_ptr<unsigned char, Free>;
using UniqueSecretText = std::unique_ptr<char, WipeFree>;
using UniqueSecretBytes = std::unique_ptr<unsigned char, WipeFree>;

}  // namespace crypto
