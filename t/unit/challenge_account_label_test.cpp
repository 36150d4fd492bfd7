#include "challenge/account_label.h"

#include <gtest/gtest.h>

namespace {

// The vector of draft-ietf-acme-dns-account-label-02.
TEST(ChallengeAccountLabel, IsThatOfTheDraft)
{
    EXPECT_EQ(challenge::account_label(
                  "https://example.com/acme/acct/ExampleAccount"),
              "_ujmmovf2vn55tgye");
}

}  // namespace
