#include "challenge/persist_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using challenge::judge_persist_records;
using challenge::PersistTerms;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr base::Time kNow = std::chrono::sys_days(
    std::chrono::year(2026) / 1 / 1);
const std::string kEnds = "; persistUntil=1767225601";  // a second later
const std::string kPlain = "ca.example; accounturi=https://ca.example/1";
const std::string kWild = kPlain + "; policy=wildcard";

PersistTerms terms(bool wildcard = false)
{
    return {{"ca.example", "ca.test"},
            {"https://ca.example/1", "https://ca.example/any"},
            wildcard};
}

std::string why_not(const std::string& value, bool wildcard = false)
{
    const auto until = judge_persist_records({value}, terms(wildcard), kNow);
    return until ? "it fits" : until.error().message;
}

TEST(ChallengePersistRecord, IsShownAsItIsToBeSet)
{
    EXPECT_EQ(persist_record(terms()), kPlain);
    EXPECT_EQ(persist_record(terms(true)), kWild);
}

TEST(ChallengePersistRecord, OfThisCaAndAccountFits)
{
    for (const std::string& value :
         {kPlain, kWild, kPlain + kEnds,
          std::string("CA.Test ;accounturi=https://ca.example/any")})
    {
        EXPECT_EQ(why_not(value), "it fits") << value;
    }
    EXPECT_EQ(why_not(kPlain + "; Policy=WildCard", true), "it fits");
}

TEST(ChallengePersistRecord, SaysWhatIsWrong)
{
    EXPECT_THAT(why_not("other.example; accounturi=https://ca.example/1"),
                HasSubstr("none for this CA"));
    EXPECT_THAT(why_not("ca.example; accounturi=https://ca.example/2"),
                HasSubstr("for another account, https://ca.example/2"));
    EXPECT_THAT(why_not("ca.example"), HasSubstr("another account"));
    EXPECT_THAT(why_not(kPlain, true), HasSubstr("policy=wildcard"));
    EXPECT_THAT(why_not(kPlain + "; policy=other", true),
                HasSubstr("policy=wildcard"));
    EXPECT_THAT(why_not(kPlain + "; persistUntil=1767225600"),
                HasSubstr("ended at 2026-01-01T00:00:00Z"));
    EXPECT_THAT(why_not(kPlain + "; persistUntil=soon"),
                HasSubstr("no time"));
    EXPECT_THAT(why_not(kPlain + "; persistUntil=99999999999999999999"),
                HasSubstr("no time"));
    EXPECT_THAT(why_not(kPlain + kEnds + kEnds), HasSubstr("repeated"));
    EXPECT_THAT(why_not(kPlain + "; policy="), HasSubstr("empty"));
    EXPECT_THAT(why_not(kPlain + ";"), HasSubstr("none for this CA"))
        << "CAs take it for damaged";
}

TEST(ChallengePersistRecord, OthersAtTheNameDoNoHarm)
{
    const auto until = judge_persist_records(
        {"v=spf1 -all", "other.example; accounturi=x",
         "ca.example; accounturi=https://ca.example/2", kPlain + kEnds},
        terms(), kNow);
    ASSERT_TRUE(until);
    EXPECT_EQ(*until, kNow + 1s);
    EXPECT_FALSE(judge_persist_records({}, terms(), kNow));
}

}  // namespace
