#include "dns/server_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using dns::ServerAddress;
using dns::parse_server_address;
using testing::HasSubstr;

std::string normal(const std::string& text)
{
    const auto address = parse_server_address(text);
    return address ? address->to_text() : address.error().message;
}

TEST(DnsServerAddress, HasAPort)
{
    EXPECT_EQ(normal("192.0.2.1"), "192.0.2.1:53");
    EXPECT_EQ(normal("192.0.2.1:5353"), "192.0.2.1:5353");
    EXPECT_EQ(normal("2001:DB8:0::1"), "[2001:db8::1]:53");
    EXPECT_EQ(normal("[2001:db8::1]"), "[2001:db8::1]:53");
    EXPECT_EQ(normal("[2001:db8::1]:5353"), "[2001:db8::1]:5353");
    EXPECT_EQ(normal("::1"), "[::1]:53");
    EXPECT_EQ(normal("[::]:65535"), "[::]:65535");
}

TEST(DnsServerAddress, IsNoNameAndNothingElse)
{
    for (const auto* text :
         {"", ":", ":53", "ns1.example", "ns1.example:53", "192.0.2.1:",
          "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:+5", "192.0.2.1:5x",
          "192.0.2.1:-1", "192.0.2", "192.0.2.1,192.0.2.2", "[192.0.2.1",
          "[::1", "::1]", "[::1]:", "[::1]5353", "[]:53", "::1:x", "]:53",
          "192.0.2.1 ", "192.0.2.1:53:53"})
    {
        const auto address = parse_server_address(text);
        EXPECT_FALSE(address) << text << " is " << address->to_text();
    }
    const auto error = parse_server_address("a\nb").error();
    EXPECT_EQ(error.kind, base::ErrorKind::config);
    EXPECT_THAT(error.message, HasSubstr("\"a b\" is not the address of"));
}

}  // namespace
