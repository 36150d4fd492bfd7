#include "crypto/hmac.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "crypto/error.h"

namespace crypto {

namespace {

const EVP_MD* digest_of(Hash hash)
{
    switch (hash) {
    case Hash::sha256: return EVP_sha256();
    case Hash::sha384: return EVP_sha384();
    case Hash::sha512: break;
    }
    return EVP_sha512();
}

}  // namespace

base::Result<std::string> hmac(Hash hash, const base::Secret& key,
                               std::string_view bytes)
{
    const ErrorQueueGuard guard;
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!HMAC(digest_of(hash), key.reveal().data(), int(key.size()),
              reinterpret_cast<const unsigned char*>(bytes.data()),
              bytes.size(), mac, &size))
    {
        return openssl_error("computing an HMAC");
    }
    return std::string(reinterpret_cast<const char*>(mac), size);
}

bool same_mac(std::string_view one, std::string_view other)
{
    return one.size() == other.size()
           && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace crypto
