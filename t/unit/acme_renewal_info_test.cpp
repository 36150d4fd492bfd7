#include "acme/renewal_info.h"

#include <gtest/gtest.h>

#include "crypto_ca.h"

namespace {

using acme::decode_renewal_info;
using acme::renewal_id;

std::string id_of(const std::string& key_id, const std::string& serial)
{
    crypto_test::Order order{"", {crypto_test::name("a.example")}};
    order.key_id = key_id;
    order.serial = serial;
    return renewal_id(
        crypto_test::Ca("CA").issue(crypto_test::new_key(), order));
}

// RFC 9773, section 4.1.
TEST(RenewalInfo, IsFoundByIssuersKeyAndSerial)
{
    EXPECT_EQ(id_of("\x69\x88\x5b\x6b\x87\x46\x40\x41\xe1\xb3\x7b\x84"
                    "\x7b\xa0\xae\x2c\xde\x01\xc8\xd4",
                    "\x87\x65\x43\x21"),
              "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
    EXPECT_EQ(id_of("key", std::string("\x01")), "a2V5.AQ");
    EXPECT_EQ(id_of("", "\x01"), "") << "no authorityKeyIdentifier";
    EXPECT_TRUE(crypto_test::error_queue_is_empty());
}

TEST(RenewalInfo, OfAnyDirectoryHasOneSlash)
{
    EXPECT_EQ(acme::renewal_url("https://ca/ari", "a.b"),
              "https://ca/ari/a.b");
    EXPECT_EQ(acme::renewal_url("https://ca/ari/", "a.b"),
              "https://ca/ari/a.b");
}

TEST(RenewalInfo, IsRead)
{
    const auto info = decode_renewal_info(
        R"({"suggestedWindow":{"start":"2026-11-27T01:00:00.5+01:00",)"
        R"("end":"2026-11-28T00:00:00Z"},"explanationURL":"https://a/\u0007",)"
        R"("more":1})");
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->start,
              crypto_test::at("2026-11-27T00:00:00Z")
                  + std::chrono::milliseconds(500));
    EXPECT_EQ(info->end, crypto_test::at("2026-11-28T00:00:00Z"));
    EXPECT_EQ(info->explanation_url.find('\a'), std::string::npos);
}

}  // namespace
