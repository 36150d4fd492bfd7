#include "dns/tsig_key.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "dns_bytes.h"

namespace {

using dns::parse_tsig_key;

TEST(TsigKey, IsReadAsTsigKeygenWritesIt)
{
    const auto key = parse_tsig_key(
        "key \"acme-key.pium.life\" {\n"
        "\talgorithm hmac-sha256;\n"
        "\tsecret \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\";\n"
        "};\n");
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->name.to_text(), "acme-key.pium.life");
    EXPECT_EQ(key->hash, crypto::Hash::sha256);
    EXPECT_EQ(crypto::to_hex(key->secret.reveal()),
              "000102030405060708090a0b0c0d0e0f"
              "101112131415161718191a1b1c1d1e1f");
}

TEST(TsigKey, IsReadAsPeopleWriteIt)
{
    const auto key = parse_tsig_key(
        "# mine\n/* of\n\n * old } */ key // \"the\" name\nk.{secret +/+/;"
        "algorithm\"HMAC-SHA512\"  ; } ;# end");
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->name.to_text(), "k");
    EXPECT_EQ(key->hash, crypto::Hash::sha512);
    EXPECT_EQ(crypto::to_hex(key->secret.reveal()), "fbffbf");
}

TEST(TsigKey, OfAnotherFormIsAnErrorThatSaysWhy)
{
    const std::pair<const char*, const char*> bad[] = {
        {"", "begin with \"key\""},
        {"/* key", "begin with \"key\""},
        {"options { };", "begin with \"key\""},
        {"key", "the key's name: it is empty"},
        {"key \"a b\" {", "the key's name: it has a character"},
        {"key k algorithm hmac-sha256;", "lacks the \"{\""},
        {"key k { algorithm hmac-sha256; secret AAAA; }", "at its end"},
        {"key k { algorithm hmac-sha256; secret AAAA; }; key", "one key"},
        {"key k { algorithm hmac-sha256; secret AAAA; ", "not closed"},
        {"key k { algorithm hmac-sha256 secret AAAA; };", "lacks a \";\""},
        {"key k { algorithm hmac-md5; secret AAAA; };", "is \"hmac-md5\""},
        {"key k { algorithm hmac-sha256; };", "lacks its algorithm or"},
        {"key k { secret AAAA; };", "lacks its algorithm or"},
        {"key k { algorithm hmac-sha256; secret \"\"; };", "not base64"},
        {"key k { name k; secret AAAA; };", "beside algorithm and secret"},
    };
    for (const auto& [text, why] : bad) {
        const auto key = parse_tsig_key(text);
        ASSERT_FALSE(key) << text;
        EXPECT_EQ(key.error().kind, base::ErrorKind::config);
        EXPECT_NE(key.error().message.find(why), std::string::npos)
            << key.error().message;
    }
}

TEST(TsigKey, KeepsABrokenSecretToItself)
{
    for (const char* secret : {"GEHEIM!!", "GEHEIMA", "GEHEIM_-", "GEHEI===",
                               "GEHE====", "GEHEIMAAA", "GEH=EIMA",
                               "GEHEIM=="})
    {
        const auto key =
            parse_tsig_key("key k { algorithm hmac-sha256; secret "
                           + std::string(secret) + "; };");
        if (std::string_view(secret) == "GEHEIM==") {
            EXPECT_EQ(key->secret.size(), 4U);
            continue;
        }
        ASSERT_FALSE(key) << secret;
        EXPECT_EQ(key.error().message, "its secret is not base64");
    }
}

TEST(TsigKey, HasTheNameOfItsAlgorithm)
{
    EXPECT_EQ(dns::algorithm_name(crypto::Hash::sha256).to_text(),
              "hmac-sha256");
    EXPECT_EQ(dns::algorithm_name(crypto::Hash::sha512).to_text(),
              "hmac-sha512");
}

}  // namespace
