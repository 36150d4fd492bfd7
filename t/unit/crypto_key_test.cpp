#include "crypto/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto_ca.h"

namespace {

using crypto::KeyType;
using crypto::PrivateKey;
using crypto_test::error_queue_is_empty;
using testing::HasSubstr;
using testing::StartsWith;

// Made by "openssl ecparam -genkey", which puts the parameters in front.
constexpr const char* kTraditionalEc = R"(
-----BEGIN EC PARAMETERS-----
BggqhkjOPQMBBw==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIGldiZoUOBSC6TaIPkPoj8bWsc/uIb1R7+jvRhz5sixZoAoGCCqGSM49
AwEHoUQDQgAEPiqLWeJjp1e53RtVuqA30JjCSfNKzWM86xJCziB7+Cs//fjtvT0l
s70643bjJjG8p8N5wxJsZI4R+2LzYNotqQ==
-----END EC PRIVATE KEY-----
)";

constexpr const char* kEncryptedPkcs8 = R"(
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAj19is2f1RseAICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEAilks2dkMFb0GRHV/5Cz5QEgZBM
T2oHH1LTaCDC41uYvYx2LhnH6lJffP47QBVk/LHbHVDOFootfnRJS72BkLPuiTKB
ACYckBHyjzjVT5h1423Wes4OjWqU/3hSPzhTh+wlwxFCqoUgIlKwV8/qAOaMhym9
wx2Jt6tG7jGuuoygtKh9Fj/7/zqEO2JKHx7k4ofm7f+K2qa3ajoMdSJlZDiVpbI=
-----END ENCRYPTED PRIVATE KEY-----
)";

constexpr const char* kEncryptedTraditional = R"(
-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,B090A3F6059895FF88CF23DC9964E41D

onjNU4xRBU/Fuw69Gj0FdJjEAz8ujeTiEDqmlDAPu6AbhL852crStMzg58D7jhWa
AvLR6dmKNfYAagfbOKghi/W7sXFHw1i8zn46Yl+N0yQEjazW14zhxe/6kEajDiiE
BS9wu/QZ4nh/o6Rn0L0jGSwDSqPpj4Y8pEIsRhcb/e8=
-----END EC PRIVATE KEY-----
)";

constexpr const char* kEd25519 = R"(
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIDmmIfUo+AO+lYD4bPOx+96VoWzvUf4BgI+X1slcgky2
-----END PRIVATE KEY-----
)";

constexpr const char* kP521 = R"(
-----BEGIN EC PRIVATE KEY-----
MIHcAgEBBEIBhoXY/EmdCLNQ1iiKSabWDHrtVEJxqp6ajNR8dDIFytYnJLIZGblC
nn4QLq2r5clHuQwaCvdTp9cuj+i4iwNyvgCgBwYFK4EEACOhgYkDgYYABAGMF7ak
1lI5tByP7SpqgDLTeElDejJm3e+Xoql2Wv1paLgZCReMAK13cpCpBk3swTqyI23v
4XGmKUbL73/EiS9DPgFdnRhpSqvHT/7o4g9o+juVuOpQhG4dMhCjJdb8N5EqtskM
C0szYwCbPEaAt7aXXe9egK+VHqG1a+C8eupwfb2TdQ==
-----END EC PRIVATE KEY-----
)";

bool same_key(const PrivateKey& a, const PrivateKey& b)
{
    return EVP_PKEY_eq(&a.native(), &b.native()) == 1;
}

TEST(KeyTypes, HaveOneName)
{
    for (auto type : {KeyType::ecdsa_256, KeyType::ecdsa_384,
                      KeyType::rsa_2048, KeyType::rsa_3072, KeyType::rsa_4096})
    {
        EXPECT_EQ(*crypto::parse_key_type(crypto::to_string(type)), type);
    }
    EXPECT_EQ(crypto::to_string(KeyType::ecdsa_256), "ecdsa:256");
    EXPECT_EQ(*crypto::parse_key_type("ecdsa"), KeyType::ecdsa_256);
    EXPECT_EQ(*crypto::parse_key_type("rsa"), KeyType::rsa_2048);
    for (const char* text : {"", "rsa:1024", "ecdsa:521", "RSA", "ed25519"}) {
        const auto type = crypto::parse_key_type(text);
        ASSERT_FALSE(type) << text;
        EXPECT_EQ(type.error().kind, base::ErrorKind::config);
    }
}

TEST(PrivateKey, OfEveryTypeGoesToPemAndBack)
{
    for (auto type :
         {KeyType::ecdsa_256, KeyType::ecdsa_384, KeyType::rsa_2048})
    {
        const auto key = PrivateKey::generate(type);
        ASSERT_TRUE(key);
        EXPECT_EQ(key->type(), type);
        const auto pem = key->to_pem();
        ASSERT_TRUE(pem);
        EXPECT_THAT(std::string(pem->reveal()),
                    StartsWith("-----BEGIN PRIVATE KEY-----\n"));
        const auto again = PrivateKey::from_pem(pem->reveal());
        ASSERT_TRUE(again);
        EXPECT_EQ(again->type(), type);
        EXPECT_TRUE(same_key(*key, *again));
    }
    EXPECT_TRUE(error_queue_is_empty());
}

TEST(PrivateKey, IsNeverTheSameTwice)
{
    EXPECT_FALSE(same_key(crypto_test::new_key(), crypto_test::new_key()));
}

TEST(PrivateKey, IsReadInItsTraditionalForm)
{
    const auto key = PrivateKey::from_pem(kTraditionalEc);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->type(), KeyType::ecdsa_256);
    EXPECT_TRUE(error_queue_is_empty());
}

TEST(PrivateKey, IsNoneOfTheseTypesAndIsRefused)
{
    for (const char* pem : {kEd25519, kP521}) {
        const auto key = PrivateKey::from_pem(pem);
        ASSERT_FALSE(key);
        EXPECT_EQ(key.error().kind, base::ErrorKind::crypto);
        EXPECT_THAT(key.error().message, HasSubstr("ecdsa:256"));
    }
    crypto::UniqueKey rsa(
        EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t(1024)));
    const auto key = PrivateKey::adopt(std::move(rsa));
    ASSERT_FALSE(key);
    EXPECT_THAT(key.error().message, HasSubstr("1024 bits"));
    EXPECT_TRUE(error_queue_is_empty());
}

// OpenSSL would compute the public half, of any size: 40 kB of parameters
// keep it busy for minutes. These have none, which nobody finds out.
TEST(PrivateKey, OfAnotherAlgorithmIsNotDecoded)
{
    for (const std::string name : {"PRIVATE KEY", "DSA PRIVATE KEY"}) {
        const auto key = PrivateKey::from_pem(
            "-----BEGIN " + name + "-----\nMBMCAQAwCQYHKoZIzjgEAQQDAgEB\n-----END "
            + name + "-----\n");
        ASSERT_FALSE(key);
        EXPECT_THAT(key.error().message, HasSubstr("ecdsa:256"));
    }
    EXPECT_TRUE(error_queue_is_empty());
}

TEST(PrivateKey, ThatIsEncryptedIsRefusedWithoutAPrompt)
{
    for (const char* pem : {kEncryptedPkcs8, kEncryptedTraditional}) {
        const auto key = PrivateKey::from_pem(pem);
        ASSERT_FALSE(key);
        EXPECT_THAT(key.error().message, HasSubstr("encrypted"));
    }
    EXPECT_TRUE(error_queue_is_empty());
}

TEST(PrivateKey, IsRefusedWhenDamaged)
{
    const auto pem = crypto_test::new_key().to_pem();
    const std::string text(pem->reveal());
    for (std::size_t size = 0; size < text.size() - 1; ++size) {
        EXPECT_FALSE(PrivateKey::from_pem(text.substr(0, size))) << size;
    }
    EXPECT_TRUE(PrivateKey::from_pem(text.substr(0, text.size() - 1)));
    EXPECT_FALSE(PrivateKey::from_pem("no PEM at all"));
    EXPECT_FALSE(PrivateKey::from_pem(crypto_test::kIsrgRootX1));
    EXPECT_TRUE(error_queue_is_empty());
}

TEST(Sha256, KeepsTheVectorsOfFips180)
{
    EXPECT_EQ(crypto::to_hex(crypto::sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223"
              "b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(crypto::to_hex(crypto::sha256("")),
              "e3b0c44298fc1c149afbf4c8996fb924"
              "27ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(crypto::to_hex({}), "");
}

TEST(OpensslError, GivesTheReasonAndEmptiesTheQueue)
{
    const unsigned char* at = nullptr;
    EXPECT_EQ(d2i_X509(nullptr, &at, 0), nullptr);
    ASSERT_FALSE(error_queue_is_empty());
    const auto error = crypto::openssl_error("reading");
    EXPECT_EQ(error.kind, base::ErrorKind::crypto);
    EXPECT_THAT(error.message, StartsWith("reading: "));
    EXPECT_TRUE(error_queue_is_empty());
    EXPECT_EQ(crypto::openssl_error("reading").message, "reading");
}

}  // namespace
