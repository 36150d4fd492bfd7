#include "crypto/jws.h"

#include <nlohmann/json.hpp>
#include <openssl/core_names.h>

#include "base/base64url.h"
#include "base/json.h"
#include "crypto/digest.h"
#include "crypto/error.h"

namespace crypto {

namespace {

using base::base64url_encode;

// What RFC 7518, section 3.1, says of a key's type.
struct Algorithm {
    const char* name;
    const EVP_MD* digest;
    const char* curve;    // nullptr: RSA
    int coordinate_size;  // bytes of r, s, x and y
};

Algorithm algorithm_of(KeyType type)
{
    switch (type) {
    case KeyType::ecdsa_256: return {"ES256", EVP_sha256(), "P-256", 32};
    case KeyType::ecdsa_384: return {"ES384", EVP_sha384(), "P-384", 48};
    default: return {"RS256", EVP_sha256(), nullptr, 0};
    }
}

unsigned char* bytes_of(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

// A JSON string, quoted.
std::string json_string(std::string_view text)
{
    return base::json::dump(base::json::Value(std::string(text)));
}

// Big-endian, with zeros in front up to `size` bytes.
std::string to_bytes(const BIGNUM& number, int size)
{
    std::string bytes(std::size_t(size), '\0');
    return BN_bn2binpad(&number, bytes_of(bytes), size) == size
               ? bytes
               : std::string();
}

// A number of the public key, as base64url; empty when it cannot be had.
// `size` 0 means as many bytes as it needs.
std::string key_number(const PrivateKey& key, const char* name, int size)
{
    BIGNUM* found = nullptr;
    if (EVP_PKEY_get_bn_param(&key.native(), name, &found) != 1) {
        return {};
    }
    const UniqueBignum number(found);
    return base64url_encode(
        to_bytes(*number, size > 0 ? size : BN_num_bytes(number.get())));
}

std::string ec_jwk(const PrivateKey& key, const Algorithm& algorithm)
{
    const int size = algorithm.coordinate_size;
    const auto x = key_number(key, OSSL_PKEY_PARAM_EC_PUB_X, size);
    const auto y = key_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, size);
    if (x.empty() || y.empty()) {
        return {};
    }
    return "{\"crv\":" + json_string(algorithm.curve)
           + ",\"kty\":\"EC\",\"x\":\"" + x + "\",\"y\":\"" + y + "\"}";
}

std::string rsa_jwk(const PrivateKey& key)
{
    const auto e = key_number(key, OSSL_PKEY_PARAM_RSA_E, 0);
    const auto n = key_number(key, OSSL_PKEY_PARAM_RSA_N, 0);
    if (e.empty() || n.empty()) {
        return {};
    }
    return "{\"e\":\"" + e + "\",\"kty\":\"RSA\",\"n\":\"" + n + "\"}";
}

// RFC 7518, section 3.4: r and s in fixed length, not the DER that OpenSSL
// makes. Empty on failure.
std::string raw_signature(std::string_view der, int coordinate_size)
{
    const unsigned char* at = bytes_of(der);
    const UniqueEcdsaSignature signature(
        d2i_ECDSA_SIG(nullptr, &at, long(der.size())));
    if (!signature) {
        return {};
    }
    const auto r = to_bytes(*ECDSA_SIG_get0_r(signature.get()),
                            coordinate_size);
    const auto s = to_bytes(*ECDSA_SIG_get0_s(signature.get()),
                            coordinate_size);
    return r.empty() || s.empty() ? std::string() : r + s;
}

// Empty on failure.
std::string sign(const PrivateKey& key, const Algorithm& algorithm,
                 std::string_view text)
{
    const UniqueDigestContext context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!context
        || EVP_DigestSignInit(context.get(), nullptr, algorithm.digest,
                              nullptr, &key.native())
               != 1
        || EVP_DigestSign(context.get(), nullptr, &size, bytes_of(text),
                          text.size())
               != 1)
    {
        return {};
    }
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), bytes_of(signature), &size,
                       bytes_of(text), text.size())
        != 1)
    {
        return {};
    }
    signature.resize(size);
    return algorithm.curve
               ? raw_signature(signature, algorithm.coordinate_size)
               : signature;
}

// RFC 8555, section 6.2. `jwk` is for where there is no kid.
std::string protected_header(const char* algorithm, const JwsHeader& header,
                             const std::string& jwk)
{
    std::string text = "{\"alg\":" + json_string(algorithm);
    if (!header.nonce.empty()) {
        text += ",\"nonce\":" + json_string(header.nonce);
    }
    text += ",\"url\":" + json_string(header.url);
    if (header.kid.empty()) {
        return text + ",\"jwk\":" + jwk + "}";
    }
    return text + ",\"kid\":" + json_string(header.kid) + "}";
}

// What is signed.
struct Parts {
    Parts(std::string_view header, std::string_view payload)
        : head(base64url_encode(header)), body(base64url_encode(payload))
    {}

    std::string text() const { return head + "." + body; }

    std::string with(std::string_view signature) const
    {
        return "{\"protected\":\"" + head + "\",\"payload\":\"" + body
               + "\",\"signature\":\"" + base64url_encode(signature) + "\"}";
    }

    std::string head;
    std::string body;
};

const char* mac_name(Hash hash)
{
    switch (hash) {
    case Hash::sha256: return "HS256";
    case Hash::sha384: return "HS384";
    case Hash::sha512: break;
    }
    return "HS512";
}

}  // namespace

base::Result<std::string> public_jwk(const PrivateKey& key)
{
    const ErrorQueueGuard guard;
    const auto algorithm = algorithm_of(key.type());
    auto jwk = algorithm.curve ? ec_jwk(key, algorithm) : rsa_jwk(key);
    if (jwk.empty()) {
        return openssl_error("reading a public key");
    }
    return jwk;
}

base::Result<std::string> thumbprint(const PrivateKey& key)
{
    const auto jwk = public_jwk(key);
    if (!jwk) {
        return jwk.error();
    }
    return base64url_encode(sha256(*jwk));
}

base::Result<std::string> sign_jws(const PrivateKey& key,
                                   const JwsHeader& header,
                                   std::string_view payload)
{
    const ErrorQueueGuard guard;
    const auto jwk = public_jwk(key);
    if (!jwk) {
        return jwk.error();
    }
    const auto algorithm = algorithm_of(key.type());
    const Parts parts(protected_header(algorithm.name, header, *jwk), payload);
    const auto text = parts.text();
    const auto signature = sign(key, algorithm, text);
    if (signature.empty()) {
        return openssl_error("signing a request");
    }
    return parts.with(signature);
}

base::Result<std::string> mac_jws(Hash hash, const base::Secret& key,
                                  const JwsHeader& header,
                                  std::string_view payload)
{
    const Parts parts(protected_header(mac_name(hash), header, {}), payload);
    const auto mac = hmac(hash, key, parts.text());
    if (!mac) {
        return mac.error();
    }
    return parts.with(*mac);
}

}  // namespace crypto
