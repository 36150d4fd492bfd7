#include "base/identifier.h"

#include <gtest/gtest.h>

namespace {

using base::Identifier;
using base::parse_identifier;

struct Case {
    const char* written;
    Identifier::Type type;
    const char* canonical;
};

constexpr auto kDns = Identifier::Type::dns;
constexpr auto kIp = Identifier::Type::ip;

const Case kGood[] = {
    {"api.pium.life", kDns, "api.pium.life"},
    {"API.Pium.Life", kDns, "api.pium.life"},
    {"api.pium.life.", kDns, "api.pium.life"},
    {"*.pium.life", kDns, "*.pium.life"},
    {"xn--bcher-kva.example", kDns, "xn--bcher-kva.example"},
    {"localhost", kDns, "localhost"},
    {"1.example", kDns, "1.example"},
    {"192.0.2.1", kIp, "192.0.2.1"},
    // RFC 5952, section 4.
    {"2001:0DB8::0001", kIp, "2001:db8::1"},
    {"[2001:db8:0:0:1:0:0:1]", kIp, "2001:db8::1:0:0:1"},
    {"2001:db8:0:1:1:1:1:1", kIp, "2001:db8:0:1:1:1:1:1"},
};

TEST(ParseIdentifier, GivesTheCanonicalForm)
{
    for (const auto& [written, type, canonical] : kGood) {
        const auto identifier = parse_identifier(written);
        ASSERT_TRUE(identifier) << written;
        EXPECT_EQ(identifier->type, type) << written;
        EXPECT_EQ(identifier->value, canonical) << written;
    }
}

TEST(ParseIdentifier, RefusesWhatNoCaTakes)
{
    const std::string label(64, 'a');
    std::string long_name = "a";
    while (long_name.size() <= 253) {
        long_name += ".a";
    }
    const std::string bad[] = {
        "",           ".",          "a..b",      ".a",       "-a.example",
        "a-.example", "a b.example", "a_b.example", "*",      "*.",
        "a.*.example", "**.example", "b\xc3\xbc" "cher.example",
        "256.0.0.1",  "a.example/", "a.example:443", "[::1",  "a.1",
        label + ".example", long_name, std::string("a\0b", 3),
        std::string("192.0.2.1\0b", 11), std::string("::1\0", 4),
    };
    for (const auto& text : bad) {
        const auto identifier = parse_identifier(text);
        ASSERT_FALSE(identifier) << text;
        EXPECT_EQ(identifier.error().kind, base::ErrorKind::config) << text;
    }
}

TEST(ParseIdentifier, TakesNamesUpToTheLimitsOfTheDns)
{
    EXPECT_TRUE(parse_identifier(std::string(63, 'a') + ".example"));
    std::string name(63, 'a');
    name += "." + name + "." + name + "." + std::string(61, 'a');
    ASSERT_EQ(name.size(), 253u);
    EXPECT_TRUE(parse_identifier(name));
}

TEST(Identifier, KnowsItsWildcard)
{
    EXPECT_TRUE(parse_identifier("*.a.example")->wildcard());
    EXPECT_FALSE(parse_identifier("a.example")->wildcard());
}

TEST(Identifiers, AreShownInOneLine)
{
    EXPECT_EQ(base::join({}), "");
    EXPECT_EQ(base::join({{kDns, "a.example"}, {kIp, "::1"}}),
              "a.example, ::1");
}

}  // namespace
