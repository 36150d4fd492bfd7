#include "crypto/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto_ca.h"

namespace {

using crypto_test::Ca;
using crypto_test::error_queue_is_empty;
using crypto_test::name;
using crypto_test::new_key;
using crypto_test::pem_of;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kIssuer = "https://ca.example/directory";

class Bundle : public testing::Test {
protected:
    Bundle()
    {
        chain_.push_back(ca_.issue(key_, {"", {name("a.example")}}));
        chain_.push_back(ca_.certificate(ca_));
    }

    std::string encoded() const
    {
        const auto bundle = crypto::encode_bundle(kIssuer, key_, chain_);
        EXPECT_TRUE(bundle);
        return std::string(bundle->reveal());
    }

    std::string key_pem() const { return std::string(key_.to_pem()->reveal()); }

    // It is refused, and the message says why.
    void expect_refused(const std::string& text, const std::string& why)
    {
        const auto bundle = crypto::parse_bundle(text);
        ASSERT_FALSE(bundle);
        EXPECT_EQ(bundle.error().kind, base::ErrorKind::crypto);
        EXPECT_THAT(bundle.error().message, HasSubstr(why));
        EXPECT_TRUE(error_queue_is_empty());
    }

    Ca ca_{"Test CA"};
    crypto::PrivateKey key_ = new_key();
    crypto::Chain chain_;
};

TEST_F(Bundle, ComesBackAsItWas)
{
    const auto bundle = crypto::parse_bundle(encoded());
    ASSERT_TRUE(bundle);
    EXPECT_EQ(bundle->issuer, kIssuer);
    EXPECT_EQ(EVP_PKEY_eq(&bundle->key.native(), &key_.native()), 1);
    EXPECT_EQ(*crypto::to_pem(bundle->chain), *crypto::to_pem(chain_));
    EXPECT_TRUE(error_queue_is_empty());
}

TEST_F(Bundle, IsAFileThatPeopleAndProgramsCanRead)
{
    EXPECT_THAT(encoded(),
                StartsWith("Issuer: https://ca.example/directory\n"
                           "Names: a.example\n"
                           "Valid until: 2027-02-21T05:29:59Z\n"
                           "Certificates: 2\n"
                           "-----BEGIN PRIVATE KEY-----\n"));
    EXPECT_TRUE(encoded().ends_with("-----END CERTIFICATE-----\n"));
}

TEST_F(Bundle, TakesNoLineOfItsOwnFromTheIssuer)
{
    const auto bundle =
        crypto::encode_bundle("x\n-----BEGIN PRIVATE KEY-----", key_, chain_);
    ASSERT_TRUE(bundle);
    EXPECT_THAT(std::string(bundle->reveal()), StartsWith("Issuer: x -----B"));
    EXPECT_TRUE(crypto::parse_bundle(bundle->reveal()));
}

TEST_F(Bundle, MayBePutTogetherByHand)
{
    const auto certificates = *crypto::to_pem(chain_);
    const auto by_hand = crypto::parse_bundle(certificates + key_pem());
    ASSERT_TRUE(by_hand);
    EXPECT_EQ(by_hand->issuer, "");
    const auto with_comments = crypto::parse_bundle(
        "# mine\r\nIssuer: https://x/\r\nIssuer: no\r\n" + key_pem()
        + "Issuer: no\n" + certificates);
    ASSERT_TRUE(with_comments);
    EXPECT_EQ(with_comments->issuer, "https://x/");
}

TEST_F(Bundle, IsRefusedWhenItsPartsDoNotBelongTogether)
{
    const auto certificates = *crypto::to_pem(chain_);
    const std::string other(new_key().to_pem()->reveal());
    expect_refused(other + certificates, "does not belong");
    // The chain's first must be the leaf.
    expect_refused(key_pem() + pem_of(chain_[1]) + pem_of(chain_[0]),
                   "does not belong");
    expect_refused(key_pem() + other + certificates, "more than one");
    expect_refused(certificates, "no private key");
    expect_refused(key_pem(), "no certificate");
    expect_refused("", "no private key");
    expect_refused(std::string(crypto::kMaxBundle + 1, ' '), "longer");
}

TEST_F(Bundle, IsRefusedWhereverItIsCut)
{
    // Also between two certificates, where what is left looks whole.
    const auto whole = encoded();
    for (std::size_t size = 0; size < whole.size() - 1; ++size) {
        ASSERT_FALSE(crypto::parse_bundle(whole.substr(0, size))) << size;
    }
    const auto last = pem_of(chain_[1]).size();
    expect_refused(whole.substr(0, whole.size() - last), "is missing");
    expect_refused(whole + pem_of(chain_[1]), "is missing");
    // All but its last newline.
    EXPECT_TRUE(crypto::parse_bundle(whole.substr(0, whole.size() - 1)));
    EXPECT_TRUE(error_queue_is_empty());
}

TEST_F(Bundle, SurvivesAnyDamage)
{
    const auto whole = encoded();
    for (std::size_t i = 0; i < whole.size(); i += 3) {
        auto damaged = whole;
        damaged[i] = char(damaged[i] ^ 0x55);
        const auto bundle = crypto::parse_bundle(damaged);
        EXPECT_TRUE(error_queue_is_empty()) << i;
    }
}

}  // namespace
