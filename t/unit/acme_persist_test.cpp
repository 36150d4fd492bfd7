#include "acme/persist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The vectors of draft-ietf-acme-dns-persist-02.
const acme::Registered kAccount{
    "https://ca.example/acct/123",
    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"};
const std::string kPrefix = "https://ca.example/account-hash/";

acme::Directory directory(const std::string& prefix,
                          std::vector<std::string> issuers)
{
    acme::Directory directory;
    directory.account_hash_prefix = prefix;
    directory.issuer_domain_names = std::move(issuers);
    return directory;
}

acme::Challenge challenge(std::vector<std::string> issuers,
                          bool hashes_account)
{
    acme::Challenge challenge;
    challenge.issuers = std::move(issuers);
    challenge.hashes_account = hashes_account;
    return challenge;
}

TEST(AcmePersist, TheAccountIsItsUrlUnlessTheChallengeSaysAnother)
{
    auto challenge = ::challenge({"a.example", "b.example"}, false);
    auto names = acme::persist_names(challenge, {}, "example.com", kAccount);
    ASSERT_TRUE(names);
    EXPECT_THAT(names->issuers, ElementsAre("a.example", "b.example"));
    EXPECT_THAT(names->accounts, ElementsAre(kAccount.url));
    challenge.account_uri = "https://ca.example/a/9";
    names = acme::persist_names(challenge, {}, "example.com", kAccount);
    ASSERT_TRUE(names);
    EXPECT_THAT(names->accounts, ElementsAre("https://ca.example/a/9"));
}

TEST(AcmePersist, OfDraft02TheAccountIsADigest)
{
    const auto names = acme::persist_names(
        challenge({"ca.example"}, true), directory(kPrefix, {"ca.example"}),
        "example.com", kAccount);
    ASSERT_TRUE(names);
    EXPECT_THAT(names->accounts,
                ElementsAre(kPrefix + "sha-256/5SQm7n6tPh2-PlLbCKGnViTXX5z19"
                                      "SCN4cPGQHSk-kw",
                            kPrefix + "sha-256/NpDnSwUthQK8zCgFdefYxAdAVPny"
                                      "gMLbs9US6oO-5ug"));
}

TEST(AcmePersist, OfDraft02OnlyIssuersOfTheDirectoryCount)
{
    const auto names = acme::persist_names(
        challenge({"evil.example", "b.example"}, true),
        directory(kPrefix, {"a.example", "b.example"}), "example.com",
        kAccount);
    ASSERT_TRUE(names);
    EXPECT_THAT(names->issuers, ElementsAre("b.example"));
}

TEST(AcmePersist, OfDraft02WithoutItsDirectoryIsOfNoUse)
{
    for (const auto& each :
         {directory("", {"ca.example"}), directory(kPrefix, {}),
          directory(kPrefix, {"other.example"})})
    {
        const auto names = acme::persist_names(
            challenge({"ca.example"}, true), each, "example.com", kAccount);
        ASSERT_FALSE(names);
        EXPECT_THAT(names.error().message, HasSubstr("directory"));
    }
}

}  // namespace
