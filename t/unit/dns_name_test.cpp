#include "dns/name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns_bytes.h"

namespace {

using namespace dns_test;
using dns::Name;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(DnsName, IsReadFromTextAndGivenBack)
{
    const std::pair<const char*, const char*> good[] = {
        {"_acme-challenge.www.pium.life", "_acme-challenge.www.pium.life"},
        {"pium.life.", "pium.life"},
        {"PIUM.Life", "PIUM.Life"},
        {"*.pium.life", "*.pium.life"},
        {"0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"},
        {"life", "life"},
        {".", "."},
    };
    for (const auto& [written, shown] : good) {
        const auto name = Name::from_text(written);
        ASSERT_TRUE(name) << written;
        EXPECT_EQ(name->to_text(), shown);
        EXPECT_EQ(Name::from_text(name->to_text())->wire(), name->wire());
    }
}

TEST(DnsName, HasItsWireForm)
{
    EXPECT_EQ(name("Www.pium.life").wire(),
              std::string_view("\3Www\4pium\4life\0", 15));
    EXPECT_EQ(name("Www.pium.life").canonical_wire(),
              std::string_view("\3www\4pium\4life\0", 15));
    EXPECT_EQ(name(".").wire(), std::string_view("\0", 1));
    EXPECT_EQ(Name().wire(), name(".").wire());
}

TEST(DnsName, IsNotReadFromWhatItCannotBe)
{
    const std::string bad[] = {
        "",         "..",        "a..b",      ".a",         "a..",
        "a b",      "a\\.b",     "a\\046b",   "b\xc3\xbc",  "a;b",
        "a\"b",     "a\x7f" "b",  "@",         "(a)",        "$a",
        std::string("a\0b", 3),  std::string(64, 'a') + ".life",
    };
    for (const auto& text : bad) {
        const auto name = Name::from_text(text);
        ASSERT_FALSE(name) << text;
        EXPECT_EQ(name.error().kind, base::ErrorKind::config);
    }
}

TEST(DnsName, IsNoLongerThanTheStandardAllows)
{
    const std::string label(63, 'a');
    const auto three = label + "." + label + "." + label + ".";
    const auto longest = Name::from_text(three + std::string(61, 'b'));
    ASSERT_TRUE(longest);
    EXPECT_EQ(longest->wire().size(), Name::kMaxWire);
    EXPECT_FALSE(Name::from_text(three + std::string(62, 'b')));

    Name name = *longest;
    EXPECT_FALSE(name.append("c"));
    EXPECT_EQ(name.wire(), longest->wire());
    Name root;
    EXPECT_FALSE(root.append(""));
    EXPECT_FALSE(root.append(std::string(64, 'a')));
    EXPECT_TRUE(root.is_root());
}

TEST(DnsName, IsComparedWithoutCase)
{
    EXPECT_EQ(name("WWW.pium.LIFE"), name("www.Pium.life"));
    EXPECT_EQ(name("WWW.pium.LIFE").key(), "www.pium.life");
    EXPECT_FALSE(name("www.pium.life") == name("www.pium.lifE.x"));
    EXPECT_FALSE(name("a.b") == name("b.a"));
    // Only letters have case: '@' and '`' are as far apart as 'A' and 'a'.
    Name at, grave;
    ASSERT_TRUE(at.append("@") && grave.append("`"));
    EXPECT_FALSE(at == grave);
}

TEST(DnsName, WithOddBytesIsFitForALogLineAndForNothingElse)
{
    Name odd;
    ASSERT_TRUE(odd.append(std::string_view("a.b\0\n\xff\\ \"", 9)));
    ASSERT_TRUE(odd.append("life"));
    EXPECT_EQ(odd.to_text(),
              "a\\046b\\000\\010\\255\\092\\032\\034.life");
    EXPECT_FALSE(odd == name("a.b.life"));
    EXPECT_NE(odd.key(), "a.b.life");
}

TEST(DnsName, KnowsItsParents)
{
    const auto three = name("a.Bc.life");
    EXPECT_THAT(three.labels(), ElementsAre("a", "Bc", "life"));
    const Name root;
    EXPECT_THAT(root.labels(), IsEmpty());
    EXPECT_EQ(three.parent().to_text(), "Bc.life");
    EXPECT_EQ(name("life").parent().to_text(), ".");
    EXPECT_EQ(Name().parent().to_text(), ".");
}

TEST(DnsName, KnowsWhatIsBelowWhat)
{
    const auto zone = name("pium.life");
    EXPECT_TRUE(name("a.PIUM.life").is_below(zone));
    EXPECT_TRUE(name("a.b.pium.life").is_below(zone));
    EXPECT_TRUE(zone.is_below(Name()));
    EXPECT_FALSE(name("Pium.life").is_below(zone));
    EXPECT_TRUE(name("Pium.life").is_within(zone));
    EXPECT_FALSE(name("life").is_within(zone));
    EXPECT_FALSE(name("a.other.life").is_within(zone));
    EXPECT_FALSE(name("apium.life").is_within(zone));
    EXPECT_TRUE(Name().is_within(Name()));
    EXPECT_FALSE(Name().is_below(Name()));

    // The bytes at the end are the zone's, the labels are not.
    Name trap;
    ASSERT_TRUE(trap.append("x\4pium") && trap.append("life"));
    EXPECT_FALSE(trap.is_within(zone));
}

}  // namespace
