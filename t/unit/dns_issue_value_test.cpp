#include "dns/issue_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(DnsIssueValue, IsAnIssuerWithParameters)
{
    const auto value = dns::parse_issue_value(
        " CA.Example ; AccountURI = https://a/1;x=; accounturi=2");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->issuer, "ca.example");
    EXPECT_THAT(value->parameters,
                ElementsAre(Pair("accounturi", "https://a/1"), Pair("x", ""),
                            Pair("accounturi", "2")));
    EXPECT_THAT(value->all("accounturi"), ElementsAre("https://a/1", "2"));
    EXPECT_THAT(value->all("policy"), IsEmpty());
}

TEST(DnsIssueValue, MayNameNobody)
{
    for (const char* text : {"", ";", " ; ", "  "}) {
        const auto value = dns::parse_issue_value(text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(value->issuer, "");
        EXPECT_THAT(value->parameters, IsEmpty());
    }
    EXPECT_TRUE(dns::parse_issue_value("ca.example;"));
}

TEST(DnsIssueValue, OutsideOfTheGrammarIsAnError)
{
    for (const char* text :
         {"ca example", "-ca.example", "ca.example-", "ca..example",
          "ca.example.", "%%%%%", "ca.example; a", "ca.example; a=b;",
          "ca.example;; a=b", "ca.example; =b", "ca.example; a=b c",
          "ca.example; -a=b", "ca.example; a=\x7f", "ca.example; a=b\n"})
    {
        EXPECT_FALSE(dns::parse_issue_value(text)) << text;
    }
}

}  // namespace
