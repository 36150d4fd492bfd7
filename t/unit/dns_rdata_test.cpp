#include "dns/rdata.h"

#include <gtest/gtest.h>

#include "dns_bytes.h"

namespace {

using namespace dns_test;
using dns::Class;
using dns::Record;
using dns::Type;

const auto kOwner = name("a.example");

Record record(Type type, std::string rdata)
{
    return {kOwner, type, Class::in, 0, std::move(rdata)};
}

TEST(DnsTxt, IsPutTogetherAndCutAt255)
{
    for (const std::size_t size : {0, 1, 43, 255, 256, 510, 511}) {
        const std::string text(size, 'x');
        const auto made = dns::make_txt(kOwner, text, 7);
        EXPECT_EQ(made.ttl, 7U);
        EXPECT_EQ(made.rdata.size(),
                  size + std::max<std::size_t>(1, (size + 254) / 255));
        EXPECT_EQ(*dns::read_txt(made), text);
    }
    EXPECT_EQ(dns::make_txt(kOwner, "ab", 0).rdata, "\2ab");
    EXPECT_EQ(*dns::read_txt(record(Type::txt, std::string("\1a\0\2bc", 6))),
              "abc");
}

TEST(DnsTxt, OfAnotherFormIsAnError)
{
    EXPECT_FALSE(dns::read_txt(record(Type::txt, "")));
    EXPECT_FALSE(dns::read_txt(record(Type::txt, "\2a")));
    EXPECT_FALSE(dns::read_txt(record(Type::txt, "\1a\1")));
    EXPECT_FALSE(dns::read_txt(record(Type::cname, "\1a")));
}

TEST(DnsTarget, IsRead)
{
    const auto cname = dns::make_cname(kOwner, name("B.example"), 5);
    EXPECT_EQ(cname.type, Type::cname);
    EXPECT_EQ(dns::read_target(cname)->to_text(), "B.example");
    const auto ns = dns::make_ns(kOwner, name("ns.example"), 5);
    EXPECT_EQ(ns.type, Type::ns);
    EXPECT_EQ(dns::read_target(ns)->to_text(), "ns.example");

    EXPECT_FALSE(dns::read_target(record(Type::ns, "")));
    EXPECT_FALSE(dns::read_target(record(Type::ns, "\1a")));
    EXPECT_FALSE(
        dns::read_target(record(Type::ns, std::string("\1a\0\0", 4))));
    EXPECT_FALSE(dns::read_target(record(Type::txt, std::string("\0", 1))));
}

TEST(DnsAddress, IsRead)
{
    for (const char* text : {"192.0.2.1", "2001:db8::1", "::"}) {
        const auto made = dns::make_address(kOwner, text, 9);
        ASSERT_TRUE(made) << text;
        EXPECT_EQ(*dns::read_address(*made), text);
    }
    for (const char* text : {"", "192.0.2", "a.example", "2001:db8::g"}) {
        EXPECT_FALSE(dns::make_address(kOwner, text, 9)) << text;
    }
    EXPECT_FALSE(
        dns::make_address(kOwner, std::string_view("::1\0x", 5), 9));
    EXPECT_FALSE(dns::read_address(record(Type::a, "123")));
    EXPECT_FALSE(dns::read_address(record(Type::a, std::string(16, 'a'))));
    EXPECT_FALSE(dns::read_address(record(Type::aaaa, "1234")));
    EXPECT_FALSE(dns::read_address(record(Type::txt, "1234")));
}

TEST(DnsSoa, IsRead)
{
    const dns::Soa soa{name("ns.example"), name("hm.example"),
                       1, 2, 3, 4, 0xfffffffe};
    const auto made = dns::make_soa(kOwner, soa, 9);
    const auto again = dns::read_soa(made);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->name_server, soa.name_server);
    EXPECT_EQ(again->mailbox, soa.mailbox);
    EXPECT_EQ(again->serial, 1U);
    EXPECT_EQ(again->refresh, 2U);
    EXPECT_EQ(again->retry, 3U);
    EXPECT_EQ(again->expire, 4U);
    EXPECT_EQ(again->minimum, 0xfffffffe);

    EXPECT_FALSE(dns::read_soa(record(Type::soa, "")));
    EXPECT_FALSE(dns::read_soa(record(Type::soa, made.rdata + "x")));
    EXPECT_FALSE(dns::read_soa(record(Type::txt, made.rdata)));
    EXPECT_FALSE(dns::read_soa(
        record(Type::soa, made.rdata.substr(0, made.rdata.size() - 1))));
}

TEST(DnsCaa, IsRead)
{
    const auto caa = dns::read_caa(
        record(Type::caa, std::string("\x80\5Issueca.example; a=b", 22)));
    ASSERT_TRUE(caa);
    EXPECT_TRUE(caa->critical);
    EXPECT_EQ(caa->tag, "issue");
    EXPECT_EQ(caa->value, "ca.example; a=b");
    EXPECT_FALSE(
        dns::read_caa(record(Type::caa, std::string("\0\3iss", 5)))
            ->critical);

    for (const auto& rdata :
         {std::string(), std::string("\0", 1), std::string("\0\0", 2),
          std::string("\0\5issu", 6), std::string("\0\2i!x", 5)})
    {
        EXPECT_FALSE(dns::read_caa(record(Type::caa, rdata)));
    }
    EXPECT_FALSE(dns::read_caa(record(Type::txt, std::string("\0\1i", 3))));
}

TEST(DnsOpt, IsFound)
{
    dns::Message message;
    EXPECT_FALSE(*dns::find_opt(message));

    message.additional = {record(Type::txt, "\1a"),
                          dns::make_opt({4096, 3, true})};
    const auto opt = dns::find_opt(message);
    ASSERT_TRUE(opt && *opt);
    EXPECT_EQ((*opt)->udp_size, 4096);
    EXPECT_EQ((*opt)->version, 3);
    EXPECT_TRUE((*opt)->dnssec_ok);

    // An option of any kind, as long as it is whole.
    message.additional[1].rdata = from_hex("000a 0002 abcd ffff 0000");
    EXPECT_TRUE(dns::find_opt(message));
    for (const char* hex : {"00", "000a", "000a 0002 ab", "000a 0000 00"}) {
        message.additional[1].rdata = from_hex(hex);
        EXPECT_FALSE(dns::find_opt(message)) << hex;
    }
}

TEST(DnsOpt, IsTheOnlyOneAndOfTheRoot)
{
    dns::Message message;
    message.additional = {dns::make_opt({}), dns::make_opt({})};
    EXPECT_FALSE(dns::find_opt(message));
    message.additional.pop_back();
    message.additional[0].name = kOwner;
    EXPECT_FALSE(dns::find_opt(message));
}

}  // namespace
