#include "dns/message.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "dns/wire.h"
#include "dns_bytes.h"

namespace {

using namespace dns_test;
using crypto::to_hex;
using dns::Class;
using dns::Message;
using dns::parse_message;
using dns::Rcode;
using dns::Record;
using dns::Type;

// What a server says to "dig TXT _acme-challenge.Www.pium.life".
const std::string kAnswer = from_hex(
    "beef 8580 0001 0003 0001 0001"
    // 12: _acme-challenge.Www.pium.life TXT IN
    "0f5f61636d652d6368616c6c656e6765 03577777 047069756d 046c696665 00"
    "0010 0001"
    // That name CNAME x.acme.pium.life
    "c00c 0005 0001 0000003c 0009 01 78 0461636d65 c020"
    // x.acme.pium.life, which stands in that rdata, TXT "abc" "de"; TXT "f"
    "c03b 0010 0001 00000001 0007 03616263 026465"
    "c03b 0010 0001 00000001 0002 0166"
    // pium.life SOA ns.pium.life hostmaster.pium.life
    "c020 0006 0001 00000e10 0026 026e73 c020 0a686f73746d6173746572 c020"
    "00000001 00000002 00000003 00000004 00000005"
    // EDNS, 1232 bytes, DO
    "00 0029 04d0 00008000 0000");

TEST(DnsMessage, IsReadWithAllItsPointers)
{
    const auto message = parse_message(kAnswer);
    ASSERT_TRUE(message) << message.error().message;
    const auto& header = message->header;
    EXPECT_EQ(header.id, 0xbeef);
    EXPECT_TRUE(header.response && header.authoritative
                && header.recursion_desired && header.recursion_available);
    EXPECT_FALSE(header.truncated || header.authentic_data
                 || header.checking_disabled);
    ASSERT_EQ(message->questions.size(), 1U);
    EXPECT_EQ(message->questions[0].name.to_text(),
              "_acme-challenge.Www.pium.life");
    EXPECT_EQ(message->questions[0].type, Type::txt);

    ASSERT_EQ(message->answers.size(), 3U);
    EXPECT_EQ(message->answers[0].name, message->questions[0].name);
    EXPECT_EQ(message->answers[0].type, Type::cname);
    EXPECT_EQ(message->answers[0].ttl, 60U);
    EXPECT_EQ(message->answers[0].rdata, name("x.acme.pium.life").wire());
    EXPECT_EQ(message->answers[1].name, name("x.acme.pium.life"));
    EXPECT_EQ(message->answers[1].rdata, "\3abc\2de");
    EXPECT_EQ(message->answers[2].rdata, "\1f");

    ASSERT_EQ(message->authority.size(), 1U);
    EXPECT_EQ(to_hex(message->authority[0].rdata),
              to_hex(std::string(name("ns.pium.life").wire())
                     + std::string(name("hostmaster.pium.life").wire()))
                  + "0000000100000002000000030000000400000005");
    ASSERT_EQ(message->additional.size(), 1U);
    EXPECT_EQ(message->additional[0].rr_class, Class(1232));
    EXPECT_EQ(message->additional[0].ttl, 0x8000U);
}

TEST(DnsMessage, ComesBackAfterWriting)
{
    const auto message = parse_message(kAnswer);
    ASSERT_TRUE(message);
    const auto again = parse_message(encoded(*message));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *message);
}

TEST(DnsMessage, CutAnywhereOrWithMoreBehindItIsAnError)
{
    for (std::size_t size = 0; size < kAnswer.size(); ++size) {
        EXPECT_FALSE(parse_message(kAnswer.substr(0, size))) << size;
    }
    EXPECT_FALSE(parse_message(kAnswer + std::string(1, '\0')));
}

TEST(DnsMessage, WithCountsThatAreNotTrueIsAnError)
{
    for (std::size_t at = 5; at < dns::kHeaderSize; at += 2) {
        for (const int by : {-1, 1}) {
            auto bytes = kAnswer;
            bytes[at] = char(bytes[at] + by);
            EXPECT_FALSE(parse_message(bytes)) << at << " " << by;
        }
        auto bytes = kAnswer;
        bytes[at - 1] = '\xff';
        EXPECT_FALSE(parse_message(bytes)) << at;
    }
}

const std::string kHeaderOfQuery = from_hex("1234 0100 0001 0000 0000 0000");
const std::string kTxtIn = from_hex("0010 0001");

TEST(DnsMessage, WithANameThatCannotBeIsAnError)
{
    const char* bad[] = {
        "c00c",          // to itself
        "c00e",          // forward
        "cfff",          // out of the message
        "01 61 c00c",    // to its own beginning
        "40 61",         // label types that nobody uses
        "80 61",
        "01 61",         // no end
        "3f 61 00",      // label longer than what is left
    };
    for (const char* hex : bad) {
        EXPECT_FALSE(parse_message(kHeaderOfQuery + from_hex(hex) + kTxtIn))
            << hex;
    }
    EXPECT_TRUE(parse_message(kHeaderOfQuery + from_hex("01 61 00")
                              + kTxtIn));
}

TEST(DnsMessage, WithANameLongerThan255BytesIsAnError)
{
    const auto label = char(63) + std::string(63, 'a');
    const auto three = label + label + label;
    const auto fits = three + char(61) + std::string(61, 'b') + '\0';
    EXPECT_TRUE(parse_message(kHeaderOfQuery + fits + kTxtIn));
    const auto too_long = three + char(62) + std::string(62, 'b') + '\0';
    EXPECT_FALSE(parse_message(kHeaderOfQuery + too_long + kTxtIn));

    // The same with a pointer to a name of 128 bytes.
    auto two = kHeaderOfQuery;
    two[5] = 2;
    const auto half = label + char(62) + std::string(62, 'b') + '\0';
    const auto pointed = [&](std::size_t size) {
        return parse_message(two + half + kTxtIn + label + char(size)
                             + std::string(size, 'c') + from_hex("c00c")
                             + kTxtIn);
    };
    ASSERT_TRUE(pointed(62));
    EXPECT_EQ(pointed(62)->questions[1].name.wire().size(), 255U);
    EXPECT_FALSE(pointed(63));
}

// Record after record, each owned by a pointer to the pointer before.
std::string chain_of_pointers(unsigned count)
{
    auto bytes = from_hex("1234 8000 0000 0000 0000 0000");
    bytes[6] = char(count >> 8);
    bytes[7] = char(count & 255);
    std::size_t previous = 0;
    for (unsigned i = 0; i < count; ++i) {
        const auto here = bytes.size();
        if (i == 0) {
            bytes += std::string("\1a\0", 3);
        } else {
            dns::put_u16(bytes, std::uint16_t(0xc000 | previous));
        }
        bytes += from_hex("0010 0001 00000000 0000");
        previous = here;
    }
    return bytes;
}

TEST(DnsMessage, HasPointersToPointersCounted)
{
    EXPECT_TRUE(parse_message(chain_of_pointers(128)));
    EXPECT_FALSE(parse_message(chain_of_pointers(129)));
}

// A record at 12, of the root.
std::string with_record(const char* type, const char* rdata)
{
    const auto data = from_hex(rdata);
    auto bytes = from_hex("1234 8000 0000 0001 0000 0000 00") + from_hex(type)
                 + from_hex("0001 00000000");
    dns::put_u16(bytes, std::uint16_t(data.size()));
    return bytes + data;
}

TEST(DnsMessage, WithRdataThatHasNotTheFormOfItsTypeIsAnError)
{
    const std::pair<const char*, const char*> bad[] = {
        {"0002", "01 61"},           // the name goes on behind it
        {"0002", "01 61 00 00"},     // more than the name
        {"0005", "c017"},            // to itself
        {"000c", "c0"},              // half a pointer
        {"0027", "02 61 00"},        // label longer than the rdata
        {"000f", "00"},              // no preference
        {"000f", "000a"},            // no name
        {"0006", "00 00"},           // no numbers
        {"0006", "00 00 0000000100000002000000030000000400000005 00"},
    };
    for (const auto& [type, rdata] : bad) {
        EXPECT_FALSE(parse_message(with_record(type, rdata)))
            << type << " " << rdata;
    }
    const std::pair<const char*, const char*> good[] = {
        {"0002", "01 61 00"},
        {"0005", "c00c"},
        {"000f", "000a 01 61 c00c"},
        {"0006", "00 c00c 0000000100000002000000030000000400000005"},
        {"0010", "ff"},  // not looked into
        {"0021", "c00c"},
        {"0006", ""},
    };
    for (const auto& [type, rdata] : good) {
        const auto message = parse_message(with_record(type, rdata));
        ASSERT_TRUE(message) << type << " " << rdata;
        EXPECT_EQ(*parse_message(encoded(*message)), *message);
    }
}

TEST(DnsMessage, IsWrittenWithPointersIntoTheQuestion)
{
    auto query = query_for(name("Pium.life"), Type::soa);
    query.header.recursion_desired = true;
    EXPECT_EQ(to_hex(encoded(query)),
              "123401000001000000000000"
              "045069756d046c6966650000060001");

    // The same letters are pointed to, others are written out.
    auto reply = query;
    reply.header.response = true;
    reply.header.authoritative = true;
    reply.answers = {{name("Pium.life"), Type::txt, Class::in, 1, "\1a"}};
    reply.authority = {{name("life"), Type::txt, Class::in, 2, ""},
                       {name("pium.life"), Type::txt, Class::in, 3, ""},
                       {name("."), Type::txt, Class::in, 4, ""}};
    EXPECT_EQ(to_hex(encoded(reply)),
              "123485000001000100030000"
              "045069756d046c6966650000060001"
              "c00c001000010000000100020161"
              "c01100100001000000020000"
              "047069756d046c696665000010000100000003"
              "0000"
              "0000100001000000040000");
}

TEST(DnsMessage, HasEveryFlagInItsPlace)
{
    const std::pair<bool dns::Header::*, std::uint16_t> flags[] = {
        {&dns::Header::response, 0x8000},
        {&dns::Header::authoritative, 0x0400},
        {&dns::Header::truncated, 0x0200},
        {&dns::Header::recursion_desired, 0x0100},
        {&dns::Header::recursion_available, 0x0080},
        {&dns::Header::authentic_data, 0x0020},
        {&dns::Header::checking_disabled, 0x0010},
    };
    for (const auto& [member, bit] : flags) {
        Message message;
        message.header.*member = true;
        const auto bytes = encoded(message);
        EXPECT_EQ(dns::Reader(bytes, 2).u16(), bit);
        EXPECT_EQ(*parse_message(bytes), message);
    }
    Message update;
    update.header.opcode = dns::Opcode::update;
    update.header.rcode = Rcode::not_in_zone;
    EXPECT_EQ(to_hex(encoded(update)), "0000280a0000000000000000");
    EXPECT_EQ(*parse_message(encoded(update)), update);
}

TEST(DnsMessage, HasTheUpperRcodeInItsOptRecord)
{
    Message message;
    message.header.rcode = Rcode::bad_version;
    message.additional = {{name("."), Type::opt, Class(1232), 0x8000, ""}};
    const auto bytes = encoded(message);
    EXPECT_EQ(to_hex(bytes), "000000000000000000000001"
                             "00002904d0010080000000");
    const auto again = parse_message(bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, message);

    // Without a place for it, what is left must not read as success.
    message.additional.clear();
    EXPECT_EQ(parse_message(encoded(message))->header.rcode,
              Rcode::server_failure);
}

TEST(DnsMessage, ThatDoesNotFitIsAnError)
{
    auto message = query_for(name("a"), Type::txt);
    const auto rdata = [&](std::size_t size) {
        message.answers = {
            {name("a"), Type::txt, Class::in, 0, std::string(size, 'x')}};
        return dns::encode(message);
    };
    const auto overhead = encoded(message).size() + 12;
    EXPECT_EQ(rdata(65535 - overhead)->size(), 65535U);
    EXPECT_FALSE(rdata(65536 - overhead));
    EXPECT_FALSE(rdata(65536 + 10));
}

TEST(DnsMessage, TellsWhereItsLastRecordBegins)
{
    // The OPT record of 11 bytes.
    EXPECT_EQ(*dns::last_record(kAnswer), kAnswer.size() - 11);
    EXPECT_FALSE(dns::last_record(encoded(query_for(name("a"), Type::a))));
    EXPECT_FALSE(dns::last_record(""));
    EXPECT_FALSE(dns::last_record(kAnswer.substr(0, 60)));
}

TEST(DnsRcode, IsSaidAsTheStandardsDo)
{
    EXPECT_EQ(dns::to_text(Rcode::refused), "REFUSED");
    EXPECT_EQ(dns::to_text(Rcode::not_authorized), "NOTAUTH");
    EXPECT_EQ(dns::to_text(Rcode(23)), "rcode 23");
}

}  // namespace
