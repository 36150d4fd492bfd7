// Private keys: of accounts and of certificates.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/handles.h"

namespace crypto {

enum class KeyType { ecdsa_256, ecdsa_384, rsa_2048, rsa_3072, rsa_4096 };

// "ecdsa" and "rsa" alone mean ecdsa:256 and rsa:2048.
base::Result<KeyType> parse_key_type(std::string_view text);

// "ecdsa:256"
std::string_view to_string(KeyType type);

bool is_rsa(KeyType type);

class PrivateKey {
public:
    // May take seconds for RSA: in the helper process only.
    static base::Result<PrivateKey> generate(KeyType type);

    // Unencrypted PEM (PKCS #8 or traditional); a key that is none of the
    // KeyTypes is an Error, so is an encrypted one (it never prompts).
    static base::Result<PrivateKey> from_pem(std::string_view pem);

    // Takes over a parsed key, if it is of one of the KeyTypes.
    static base::Result<PrivateKey> adopt(UniqueKey key);

    // PKCS #8.
    base::Result<base::Secret> to_pem() const;

    KeyType type() const { return type_; }
    EVP_PKEY& native() const { return *key_; }

private:
    PrivateKey(UniqueKey key, KeyType type)
        : key_(std::move(key)), type_(type)
    {}

    UniqueKey key_;
    KeyType type_;
};

// An Error of kind crypto: `what` is none of the KeyTypes.
base::Error unsupported_key(std::string_view what);

// Whether an OpenSSL key is of one of our types, and which.
base::Result<KeyType> key_type_of(const EVP_PKEY& key);

}  // namespace crypto
