#include "dns/caa.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns_world.h"

namespace {

using namespace dns_test;
using base::ErrorKind;
using dns::Caa;
using testing::HasSubstr;

dns::CaaRequest request(const std::string& name = "www.pium.life")
{
    return {{base::Identifier::Type::dns, name},
            {"LetsEncrypt.org", "other.example"},
            "https://ca.example/acct/1",
            "http-01"};
}

std::string judged(const std::vector<Caa>& records,
                   const dns::CaaRequest& request = ::request())
{
    const auto status =
        dns::judge_caa({name("pium.life"), records}, request);
    if (status) {
        return "ok";
    }
    EXPECT_EQ(status.error().kind, ErrorKind::refused);
    EXPECT_THAT(status.error().message,
                testing::StartsWith("the CAA record of pium.life "));
    return status.error().message;
}

Caa issue(const std::string& value) { return {false, "issue", value}; }
Caa issue_wild(const std::string& value)
{
    return {false, "issuewild", value};
}

TEST(DnsCaa, WithoutAnIssuePropertyEverybodyMayIssue)
{
    EXPECT_EQ(judged({}), "ok");
    EXPECT_EQ(judged({{false, "iodef", "mailto:a@b"}, {false, "x", "y"}}),
              "ok");
    EXPECT_EQ(judged({issue_wild(";")}), "ok");
}

TEST(DnsCaa, NamesWhoMayIssue)
{
    EXPECT_EQ(judged({issue("letsencrypt.org")}), "ok");
    EXPECT_EQ(judged({issue("digicert.com"), issue("Other.Example; a=b")}),
              "ok");
    EXPECT_THAT(judged({issue("digicert.com"), issue("pki.goog")}),
                HasSubstr("lets digicert.com, pki.goog issue for "
                          "www.pium.life: add the record 0 issue "
                          "\"LetsEncrypt.org\", or remove it"));
    EXPECT_THAT(judged({issue(";")}), HasSubstr("lets nobody issue"));
    EXPECT_THAT(judged({issue("letsencrypt.org; %")}),
                HasSubstr("lets nobody issue"));
}

TEST(DnsCaa, WildcardsHaveAPropertyOfTheirOwn)
{
    const auto wild = request("*.pium.life");
    EXPECT_EQ(judged({issue("letsencrypt.org")}, wild), "ok");
    EXPECT_THAT(judged({issue("letsencrypt.org"), issue_wild(";")}, wild),
                HasSubstr("add the record 0 issuewild"));
    EXPECT_EQ(judged({issue(";"), issue_wild("letsencrypt.org")}, wild), "ok");
    EXPECT_EQ(judged({issue("letsencrypt.org"), issue_wild(";")}), "ok");
}

TEST(DnsCaa, WhatIsCriticalAndUnknownForbids)
{
    EXPECT_THAT(judged({issue("letsencrypt.org"), {true, "tbs", "x"}}),
                HasSubstr("critical property \"tbs\""));
    EXPECT_EQ(judged({{true, "issue", "letsencrypt.org"}}), "ok");
}

TEST(DnsCaa, MayNameTheAccount)
{
    const std::string ours =
        "letsencrypt.org; accounturi=https://ca.example/acct/1";
    EXPECT_EQ(judged({issue(ours)}), "ok");
    EXPECT_THAT(judged({issue("letsencrypt.org; accounturi=https://x/2")}),
                HasSubstr("to the account https://x/2 alone: this is "
                          "https://ca.example/acct/1"));
    EXPECT_THAT(judged({issue(ours + "; accounturi=https://ca.example/acct/1"
                        )}),
                HasSubstr("alone"));
    EXPECT_EQ(judged({issue("letsencrypt.org; accounturi=x"), issue(ours)}),
              "ok");
}

TEST(DnsCaa, MayNameTheChallenge)
{
    EXPECT_EQ(judged({issue("letsencrypt.org; validationmethods="
                            "dns-01,http-01")}),
              "ok");
    EXPECT_THAT(judged({issue("letsencrypt.org; ValidationMethods=dns-01")}),
                HasSubstr("issue by dns-01 alone, not by http-01"));
    EXPECT_THAT(judged({issue("letsencrypt.org; validationmethods=http-01; "
                              "validationmethods=http-01")}),
                HasSubstr("alone"));
}

TEST(DnsCaa, OfACaWithoutANameNothingIsKnown)
{
    auto nameless = request();
    nameless.issuers.clear();
    EXPECT_EQ(judged({issue(";")}, nameless), "ok");
}

TEST(DnsCaa, IsOneLineWhateverTheRecordHolds)
{
    const auto said = judged({{true, std::string(300, 'x') + "\n", ""}});
    EXPECT_EQ(said.find('\n'), std::string::npos);
    EXPECT_LT(said.size(), 400u);
}

class DnsCaaLookup : public testing::Test {
protected:
    void have(const std::string& at, const std::string& ca)
    {
        dns::Record record;
        record.name = name(at);
        record.type = dns::Type::caa;
        record.rdata = std::string("\0\5issue", 7) + ca;
        world.know("", record);
    }

    base::Result<dns::CaaSet> find(const std::string& of)
    {
        std::optional<base::Result<dns::CaaSet>> found;
        dns::find_caa(resolver, name(of),
                      [&](auto set) { found = std::move(set); });
        EXPECT_FALSE(found) << "called back from within";
        world.loop.run_until([&] { return found.has_value(); });
        return *found;
    }

    World world;
    Resolver resolver{world};
};

TEST_F(DnsCaaLookup, TakesTheNearestSet)
{
    have("pium.life", "a.example");
    have("www.pium.life", "b.example");
    have("life", "c.example");
    auto set = find("x.www.pium.life");
    ASSERT_TRUE(set);
    EXPECT_EQ(set->name.to_text(), "www.pium.life");
    ASSERT_EQ(set->records.size(), 1u);
    EXPECT_EQ(set->records[0].value, "b.example");
    set = find("api.pium.life");
    ASSERT_TRUE(set);
    EXPECT_EQ(set->records[0].value, "a.example");
    set = find("pium.org");
    ASSERT_TRUE(set);
    EXPECT_TRUE(set->records.empty());
}

TEST_F(DnsCaaLookup, WhatCannotBeLookedUpIsSaid)
{
    world.refuses[""] = dns::Rcode::server_failure;
    auto set = find("www.pium.life");
    ASSERT_FALSE(set);
    EXPECT_THAT(set.error().message,
                testing::AllOf(HasSubstr("CAA record of www.pium.life cannot "
                                         "be looked up"),
                               HasSubstr("SERVFAIL")));
    world.silent = {""};
    EXPECT_EQ(find("www.pium.life").error().kind, ErrorKind::network);
}

}  // namespace
