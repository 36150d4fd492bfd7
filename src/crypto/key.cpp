#include "crypto/key.h"

#include <openssl/objects.h>
#include <openssl/pem.h>

#include "crypto/error.h"
#include "crypto/pem.h"

namespace crypto {

namespace {

struct NamedType {
    std::string_view name;
    KeyType type;
};

constexpr NamedType kTypes[] = {
    {"ecdsa:256", KeyType::ecdsa_256}, {"ecdsa:384", KeyType::ecdsa_384},
    {"rsa:2048", KeyType::rsa_2048},   {"rsa:3072", KeyType::rsa_3072},
    {"rsa:4096", KeyType::rsa_4096},
};

EVP_PKEY* generate_ec(const char* curve)
{
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve);
}

EVP_PKEY* generate_rsa(std::size_t bits)
{
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits);
}

EVP_PKEY* generate_native(KeyType type)
{
    switch (type) {
    case KeyType::ecdsa_256: return generate_ec("P-256");
    case KeyType::ecdsa_384: return generate_ec("P-384");
    case KeyType::rsa_2048: return generate_rsa(2048);
    case KeyType::rsa_3072: return generate_rsa(3072);
    case KeyType::rsa_4096: return generate_rsa(4096);
    }
    return nullptr;
}

base::Result<KeyType> rsa_type(int bits)
{
    switch (bits) {
    case 2048: return KeyType::rsa_2048;
    case 3072: return KeyType::rsa_3072;
    case 4096: return KeyType::rsa_4096;
    }
    return unsupported_key("an RSA key of " + std::to_string(bits) + " bits");
}

base::Result<KeyType> ec_type(const EVP_PKEY& key)
{
    char buffer[64] = "";
    EVP_PKEY_get_group_name(&key, buffer, sizeof(buffer), nullptr);
    const std::string_view group = buffer;
    if (group == SN_X9_62_prime256v1) {
        return KeyType::ecdsa_256;
    }
    if (group == SN_secp384r1) {
        return KeyType::ecdsa_384;
    }
    return unsupported_key("an EC key on this curve");
}

}  // namespace

base::Result<KeyType> parse_key_type(std::string_view text)
{
    if (text == "ecdsa") {
        return KeyType::ecdsa_256;
    }
    if (text == "rsa") {
        return KeyType::rsa_2048;
    }
    for (const auto& [name, type] : kTypes) {
        if (text == name) {
            return type;
        }
    }
    return base::Error{base::ErrorKind::config,
                       "it is none of ecdsa:256, ecdsa:384, rsa:2048, "
                       "rsa:3072 and rsa:4096"};
}

bool is_rsa(KeyType type)
{
    return type != KeyType::ecdsa_256 && type != KeyType::ecdsa_384;
}

std::string_view to_string(KeyType type)
{
    for (const auto& known : kTypes) {
        if (known.type == type) {
            return known.name;
        }
    }
    return {};
}

base::Error unsupported_key(std::string_view what)
{
    return {base::ErrorKind::crypto,
            std::string(what) + " is none of ecdsa:256, ecdsa:384, rsa:2048, "
                                "rsa:3072 and rsa:4096"};
}

base::Result<KeyType> key_type_of(const EVP_PKEY& key)
{
    const ErrorQueueGuard guard;
    if (EVP_PKEY_is_a(&key, "EC")) {
        return ec_type(key);
    }
    if (EVP_PKEY_is_a(&key, "RSA")) {
        return rsa_type(EVP_PKEY_get_bits(&key));
    }
    return unsupported_key("a key of this algorithm");
}

base::Result<PrivateKey> PrivateKey::generate(KeyType type)
{
    const ErrorQueueGuard guard;
    UniqueKey key(generate_native(type));
    if (!key) {
        return openssl_error("generating a key");
    }
    return PrivateKey(std::move(key), type);
}

base::Result<PrivateKey> PrivateKey::adopt(UniqueKey key)
{
    const auto type = key_type_of(*key);
    if (!type) {
        return type.error();
    }
    return PrivateKey(std::move(key), *type);
}

base::Result<PrivateKey> PrivateKey::from_pem(std::string_view pem)
{
    PemReader reader(pem);
    PemBlock block;
    for (;;) {
        const auto found = reader.next(block);
        if (!found) {
            return found.error();
        }
        if (!*found) {
            return base::Error{base::ErrorKind::crypto, "no private key"};
        }
        if (block.is_private_key()) {
            return block.private_key();
        }
    }
}

base::Result<base::Secret> PrivateKey::to_pem() const
{
    const ErrorQueueGuard guard;
    // This kind of BIO wipes its memory, also what it outgrows.
    const UniqueBio bio(BIO_new(BIO_s_secmem()));
    if (!bio
        || PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr,
                                         nullptr, 0, nullptr, nullptr)
               != 1)
    {
        return openssl_error("writing a private key");
    }
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return base::Secret(std::string_view(text, std::size_t(size)));
}

}  // namespace crypto
