#include "crypto/jws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "base/base64url.h"
#include "base/json.h"
#include "crypto/digest.h"
#include "crypto_ca.h"

namespace {

using base::base64url_decode;
using base::base64url_encode;
using crypto::KeyType;
using crypto::PrivateKey;
using crypto_test::error_queue_is_empty;
using crypto_test::new_key;

const unsigned char* bytes_of(const std::string& text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string get(const base::json::Value& object, const char* name)
{
    return base::json::find_string(object, name).value_or("absent");
}

std::string decoded(const base::json::Value& object, const char* name)
{
    return *base64url_decode(get(object, name));
}

// OpenSSL verifies ECDSA in DER only.
std::string to_der(const std::string& raw)
{
    const int half = int(raw.size() / 2);
    const crypto::UniqueEcdsaSignature signature(ECDSA_SIG_new());
    ECDSA_SIG_set0(signature.get(), BN_bin2bn(bytes_of(raw), half, nullptr),
                   BN_bin2bn(bytes_of(raw) + half, half, nullptr));
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    const crypto::UniqueBytes owner(der);
    return std::string(der, der + size);
}

bool verifies(const PrivateKey& key, const std::string& text,
              const std::string& signature)
{
    const EVP_MD* digest =
        key.type() == KeyType::ecdsa_384 ? EVP_sha384() : EVP_sha256();
    const crypto::UniqueDigestContext context(EVP_MD_CTX_new());
    return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr,
                                &key.native())
               == 1
           && EVP_DigestVerify(context.get(), bytes_of(signature),
                               signature.size(), bytes_of(text), text.size())
                  == 1;
}

base::json::Value sign(const PrivateKey& key, const crypto::JwsHeader& header,
                       std::string_view payload)
{
    const auto text = crypto::sign_jws(key, header, payload);
    EXPECT_TRUE(text);
    auto jws = base::json::parse_object(*text);
    EXPECT_TRUE(jws);
    EXPECT_EQ(jws->size(), 3u);  // RFC 8555, section 6.2: no "header"
    return *jws;
}

std::string signed_text(const base::json::Value& jws)
{
    return get(jws, "protected") + "." + get(jws, "payload");
}

const crypto::JwsHeader kHeader = {"6S8IqOGY7eL2lsGoTZYifg",
                                   "https://ca.example/acme/new-order",
                                   "https://ca.example/acme/acct/1"};

TEST(SignJws, MakesEcdsaSignaturesOfFixedLength)
{
    // RFC 7518, section 3.4. One in 128 has an r or s that is shorter.
    struct Case {
        KeyType type;
        const char* algorithm;
        std::size_t size;
    };
    for (const auto& [type, algorithm, size] :
         {Case{KeyType::ecdsa_256, "ES256", 64},
          Case{KeyType::ecdsa_384, "ES384", 96}})
    {
        const auto key = new_key(type);
        for (int i = 0; i < 600; ++i) {
            const auto jws = sign(key, kHeader, "{}");
            const auto signature = decoded(jws, "signature");
            ASSERT_EQ(signature.size(), size);
            ASSERT_TRUE(verifies(key, signed_text(jws), to_der(signature)));
        }
        const auto head = *base::json::parse_object(
            decoded(sign(key, kHeader, "{}"), "protected"));
        EXPECT_EQ(get(head, "alg"), algorithm);
    }
    EXPECT_TRUE(error_queue_is_empty());
}

TEST(SignJws, SignsWithRsa)
{
    const auto key = new_key(KeyType::rsa_2048);
    const auto jws = sign(key, kHeader, R"({"status":"deactivated"})");
    EXPECT_TRUE(verifies(key, signed_text(jws), decoded(jws, "signature")));
    EXPECT_EQ(get(*base::json::parse_object(decoded(jws, "protected")), "alg"),
              "RS256");
    EXPECT_EQ(decoded(jws, "payload"), R"({"status":"deactivated"})");
    EXPECT_TRUE(error_queue_is_empty());
}

TEST(SignJws, HasAKidOrAJwkButNeverBoth)
{
    const auto key = new_key();
    const auto with_kid = *base::json::parse_object(
        decoded(sign(key, kHeader, "{}"), "protected"));
    EXPECT_EQ(with_kid.size(), 4u);
    EXPECT_EQ(get(with_kid, "kid"), "https://ca.example/acme/acct/1");
    EXPECT_EQ(get(with_kid, "nonce"), "6S8IqOGY7eL2lsGoTZYifg");
    EXPECT_EQ(get(with_kid, "url"), "https://ca.example/acme/new-order");

    const auto with_jwk = *base::json::parse_object(
        decoded(sign(key, {"nonce", "https://ca.example/", ""}, "{}"),
                "protected"));
    EXPECT_EQ(with_jwk.size(), 4u);
    ASSERT_NE(base::json::find_object(with_jwk, "jwk"), nullptr);
    EXPECT_EQ(base::json::dump(with_jwk["jwk"]), *crypto::public_jwk(key));
}

TEST(SignJws, LeavesAnEmptyNonceOut)
{
    // The inner JWS of a key change (RFC 8555, section 7.3.5).
    const auto head = *base::json::parse_object(decoded(
        sign(new_key(), {"", "https://ca.example/", ""}, "{}"), "protected"));
    EXPECT_FALSE(head.contains("nonce"));
}

TEST(SignJws, MakesPostAsGetOfAnEmptyPayload)
{
    // RFC 8555, section 6.3: "payload" is there, and is empty; a challenge is
    // answered with {}.
    EXPECT_EQ(get(sign(new_key(), kHeader, ""), "payload"), "");
    EXPECT_EQ(get(sign(new_key(), kHeader, "{}"), "payload"), "e30");
}

TEST(SignJws, LetsNothingBreakOutOfItsHeader)
{
    const auto head = *base::json::parse_object(decoded(
        sign(new_key(), {"a\",\"alg\":\"none", "https://\r\n\"", "\xff"}, ""),
        "protected"));
    EXPECT_EQ(get(head, "alg"), "ES256");
    EXPECT_EQ(get(head, "nonce"), "a\",\"alg\":\"none");
    EXPECT_EQ(get(head, "url"), "https://\r\n\"");
}

PrivateKey rsa_public_key(const char* n, const char* e)
{
    const auto n_bytes = *base64url_decode(n);
    const auto e_bytes = *base64url_decode(e);
    const crypto::UniqueBignum n_number(
        BN_bin2bn(bytes_of(n_bytes), int(n_bytes.size()), nullptr));
    const crypto::UniqueBignum e_number(
        BN_bin2bn(bytes_of(e_bytes), int(e_bytes.size()), nullptr));
    OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n_number.get());
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e_number.get());
    OSSL_PARAM* params = OSSL_PARAM_BLD_to_param(builder);
    const crypto::UniqueKeyContext context(
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* key = nullptr;
    EVP_PKEY_fromdata_init(context.get());
    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    return std::move(*PrivateKey::adopt(crypto::UniqueKey(key)));
}

TEST(Thumbprint, IsThatOfRfc7638)
{
    // Section 3.1.
    const auto key = rsa_public_key(
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1R"
        "K7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9"
        "yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg"
        "nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6We"
        "Zu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK"
        "gw",
        "AQAB");
    EXPECT_EQ(*crypto::thumbprint(key),
              "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    EXPECT_TRUE(error_queue_is_empty());
}

// The public point as OpenSSL encodes it: 4, x, y.
std::string point_of(const PrivateKey& key)
{
    unsigned char point[200];
    std::size_t size = 0;
    EVP_PKEY_get_octet_string_param(&key.native(), OSSL_PKEY_PARAM_PUB_KEY,
                                    point, sizeof(point), &size);
    return std::string(point, point + size);
}

void expect_jwk(const PrivateKey& key, const std::string& curve,
                std::size_t size)
{
    const auto point = point_of(key);
    ASSERT_EQ(point.size(), 1 + 2 * size);
    const auto jwk = crypto::public_jwk(key);
    ASSERT_TRUE(jwk);
    // Members sorted, no space (RFC 7638, section 3.2 and 3.3).
    EXPECT_EQ(*jwk, "{\"crv\":\"" + curve + "\",\"kty\":\"EC\",\"x\":\""
                        + base64url_encode(point.substr(1, size))
                        + "\",\"y\":\""
                        + base64url_encode(point.substr(1 + size)) + "\"}");
    EXPECT_EQ(*crypto::thumbprint(key),
              base64url_encode(crypto::sha256(*jwk)));
}

TEST(PublicJwk, HasCoordinatesOfFixedLength)
{
    expect_jwk(new_key(KeyType::ecdsa_384), "P-384", 48);
    // One key in 256 has an x that begins with a zero (RFC 7518, 6.2.1.2).
    auto key = new_key();
    while (point_of(key)[1] != '\0') {
        key = new_key();
    }
    expect_jwk(key, "P-256", 32);
    EXPECT_TRUE(error_queue_is_empty());
}

}  // namespace
