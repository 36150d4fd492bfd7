#include "acme/external_account.h"

#include <gtest/gtest.h>

#include "acme/codec.h"
#include "acme/session.h"
#include "base/base64url.h"
#include "base/json.h"

#include <nlohmann/json.hpp>

namespace {

using acme::decode_mac_key;
using base::Secret;

std::string decoded(std::string_view text)
{
    const auto key = decode_mac_key(Secret(text));
    return key ? std::string(key->reveal()) : "Error: " + key.error().message;
}

TEST(ExternalAccount, TakesAKeyAsAnyCaGivesIt)
{
    const std::string key = "\xfb\xef\xff\x01";
    EXPECT_EQ(decoded("--__AQ"), key);
    EXPECT_EQ(decoded("--__AQ=="), key) << "Actalis pads";
    EXPECT_EQ(decoded("++//AQ=="), key) << "base64";
    EXPECT_EQ(decoded(" ++//AQ\r\n"), key);
}

TEST(ExternalAccount, RefusesWhatIsNoKeyAndDoesNotShowIt)
{
    for (const auto* text : {"", " \n", "====", "geheim!", "a b", "abcde"}) {
        EXPECT_EQ(decoded(text),
                  "Error: the key is not in base64url or base64") << text;
    }
}

TEST(ExternalAccount, KnowsThreeAlgorithms)
{
    EXPECT_EQ(*acme::parse_mac_algorithm("HS256"), crypto::Hash::sha256);
    EXPECT_EQ(*acme::parse_mac_algorithm("HS384"), crypto::Hash::sha384);
    EXPECT_EQ(*acme::parse_mac_algorithm("HS512"), crypto::Hash::sha512);
    EXPECT_FALSE(acme::parse_mac_algorithm("hs256"));
    EXPECT_FALSE(acme::parse_mac_algorithm("RS256"));
}

// RFC 8555, section 7.3.4.
TEST(ExternalAccount, IsBoundByAMacOverTheAccountKey)
{
    acme::Session session(
        std::move(*crypto::PrivateKey::generate(
            crypto::KeyType::ecdsa_256)),
        "test/1");
    const acme::ExternalAccount external{"kid-1", Secret("secret"),
                                         crypto::Hash::sha384};
    acme::NewAccount account;
    account.binding = *session.bind(external, "https://ca.example/new");
    const auto object =
        *base::json::parse_object(acme::encode(account));
    const auto& binding = object["externalAccountBinding"];
    const auto part = [&](const char* name) {
        return *base::base64url_decode(binding[name].get<std::string>());
    };
    EXPECT_EQ(binding.size(), 3);
    EXPECT_EQ(part("protected"),
              R"({"alg":"HS384","url":"https://ca.example/new","kid":"kid-1"})");
    EXPECT_TRUE(part("payload").starts_with(R"({"crv":"P-256")"));
    const auto text = binding["protected"].get<std::string>() + "."
        + binding["payload"].get<std::string>();
    EXPECT_EQ(part("signature"),
              *crypto::hmac(crypto::Hash::sha384, external.key, text));
}

TEST(ExternalAccount, ReadsWhatAServiceGives)
{
    const auto given = acme::decode_credentials(Secret(
        R"({"success":true,"eab_kid":"k","eab_hmac_key":"--__AQ"})"));
    ASSERT_TRUE(given);
    EXPECT_EQ(given->kid, "k");
    EXPECT_EQ(given->key.reveal(), "\xfb\xef\xff\x01");
    EXPECT_EQ(given->hash, crypto::Hash::sha256);
}

TEST(ExternalAccount, SaysWhyAServiceGivesNothing)
{
    const auto error = [](std::string_view body) {
        return acme::decode_credentials(Secret(body)).error();
    };
    EXPECT_EQ(error(R"({"success":false,"error":{"code":2903,)"
                    R"("type":"too_many_eab_credentials"}})").message,
              "the service gives no credentials: too_many_eab_credentials");
    EXPECT_EQ(error("{}").kind, base::ErrorKind::refused);
    EXPECT_EQ(error("<html>").kind, base::ErrorKind::protocol);
    EXPECT_EQ(error(R"({"eab_kid":"k","eab_hmac_key":"!"})").kind,
              base::ErrorKind::config);
}

}  // namespace
