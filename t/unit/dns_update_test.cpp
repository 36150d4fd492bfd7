#include "dns/update.h"

#include <cctype>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "dns_tsig.h"

namespace {

using namespace dns_test;
using namespace std::chrono_literals;
using base::ErrorKind;
using crypto::Hash;
using crypto::to_hex;
using dns::Rcode;
using testing::HasSubstr;

// These bytes come from Python's struct and hmac modules.
const std::string kZone = "045069756d046c6966650000060001";
const std::string kOwner =
    "0f5f61636d652d6368616c6c656e676503777777045069756d046c69666500";
const std::string kValue =
    "002c2b4c6f71586359563871354f4e624a5178626d52375343544e6f"
    "337469415844666f77796a78416a45755830";

TEST(DnsUpdate, AddsOneRecord)
{
    EXPECT_EQ(to_hex(encoded(dns::make_addition(txt_change(), 60, 0x1234))),
              "123428000001000000010000" + kZone + kOwner + "00100001"
                  "0000003c" + kValue);
}

TEST(DnsUpdate, RemovesThatRecordAndNotTheSet)
{
    EXPECT_EQ(to_hex(encoded(dns::make_removal(txt_change(), 0x1234))),
              "123428000001000000010000" + kZone + kOwner + "001000fe"
                  "00000000" + kValue);
}

TEST(DnsUpdate, IsSignedWithSha256)
{
    EXPECT_EQ(to_hex(signed_request().bytes),
              "123428000001000000010001" + kZone + kOwner + "00100001"
                  "0000003c" + kValue
                  + "0861636d652d6b6579045069756d046c6966650000fa00ff"
                    "00000000003d0b686d61632d73686132353600000069248100012c"
                    "0020"
                    "f79e5a14eba3b147966a447e21fafca4"
                    "780d9f874f8d23b98206b2b48472d84a"
                    "123400000000");
    EXPECT_EQ(to_hex(signed_request().mac),
              "f79e5a14eba3b147966a447e21fafca4"
              "780d9f874f8d23b98206b2b48472d84a");
}

TEST(DnsUpdate, IsSignedWithSha512)
{
    EXPECT_EQ(to_hex(signed_request(Hash::sha512).mac),
              "d9d5a104fc642ed7fb222e3019ee3734da9e30eaa0e2b7e5cb8e2c29b1da74"
              "51161f2fe80957cba6903d625f852b72fb58cdc4e78fdc9769c3e69c66bc17"
              "c1ec");
}

// The server writes the key's name with other letters and a pointer.
const std::string kAnswerStart =
    "1234a8000001000000000001" + kZone + "0841434d452d6b6579c00c00fa00ff";

TEST(DnsUpdate, IsDoneWhenTheAnswerIsSigned)
{
    const auto sha256 = from_hex(
        kAnswerStart
        + "00000000003d0b686d61632d73686132353600000069248102012c0020"
          "9384ebc9d7854e5eca50d3ccc4bb048c62e124e082d577d741c9c31a05757fc8"
          "123400000000");
    const auto sha512 = from_hex(
        kAnswerStart
        + "00000000005d0b686d61632d73686135313200000069248102012c0040"
          "77dc55f868705622a30ffc462af8db26bf170131eb1c1a8de457e65ce80a8283"
          "3baa793ae1b6a0e68c287bdbfdd3a1f8156f639dc57a67c0a20b3b849185a2a3"
          "123400000000");
    for (const auto& [hash, answer] :
         {std::pair(Hash::sha256, sha256), std::pair(Hash::sha512, sha512)})
    {
        const auto outcome = dns::read_response(answer, signed_request(hash),
                                                tsig_key(hash), kSigned);
        EXPECT_TRUE(outcome.status) << outcome.status.error().message;
        EXPECT_FALSE(outcome.server_time);
    }
}

dns::UpdateOutcome outcome_of(const Server& server, base::Time now = kSigned)
{
    return dns::read_response(server.answer_to(signed_request()),
                              signed_request(), tsig_key(), now);
}

void expect_error(const dns::UpdateOutcome& outcome, ErrorKind kind,
                  const char* what)
{
    ASSERT_FALSE(outcome.status) << what;
    EXPECT_EQ(outcome.status.error().kind, kind) << what;
    EXPECT_THAT(outcome.status.error().message, HasSubstr(what));
}

TEST(DnsUpdate, ThatTheServerWillNotHaveIsToldWithItsRcode)
{
    EXPECT_TRUE(outcome_of({}).status);
    const std::tuple<Rcode, ErrorKind, const char*> cases[] = {
        {Rcode::refused, ErrorKind::config,
         "the name server refused the update (REFUSED): it does not let this "
         "key change this name"},
        {Rcode::not_authorized, ErrorKind::config,
         "the name server is not the primary one of that zone (NOTAUTH)"},
        {Rcode::not_in_zone, ErrorKind::config,
         "the name is not in that zone (NOTZONE)"},
        {Rcode::not_implemented, ErrorKind::config,
         "the name server takes no updates (NOTIMP)"},
        {Rcode::server_failure, ErrorKind::protocol,
         "the name server could not do the update (SERVFAIL)"},
        {Rcode::format_error, ErrorKind::protocol, "(FORMERR)"},
        {Rcode::set_exists, ErrorKind::protocol, "(YXRRSET)"},
        {Rcode(12), ErrorKind::protocol, "(rcode 12)"},
    };
    for (const auto& [rcode, kind, what] : cases) {
        Server server;
        server.rcode = rcode;
        expect_error(outcome_of(server), kind, what);
    }
}

TEST(DnsUpdate, ThatComesAtAnotherTimeMayBeSignedWithTheServers)
{
    // RFC 8945, section 5.2.3: signed with the request's time, however wrong.
    Server server;
    server.rcode = Rcode::not_authorized;
    server.error = 18;
    server.time = 1'764'000'000;
    server.other = from_hex("0000 69249d20");
    const auto outcome = outcome_of(server, kSigned);
    expect_error(outcome, ErrorKind::protocol,
                 "the clocks differ, the name server's says "
                 "2025-11-24T18:00:00Z (BADTIME)");
    EXPECT_EQ(outcome.server_time, kSigned + 2h);

    server.other = from_hex("0000 69249d");
    const auto without = outcome_of(server);
    expect_error(without, ErrorKind::protocol, "but not by how much");
    EXPECT_FALSE(without.server_time);

    // What nobody has signed is no clock.
    server.other = from_hex("0000 69249d20");
    server.with_mac = false;
    EXPECT_FALSE(outcome_of(server).server_time);
}

TEST(DnsUpdate, WithAKeyThatIsNotTheServersIsToldSo)
{
    Server server;
    server.rcode = Rcode::not_authorized;
    server.with_mac = false;
    server.error = 17;
    expect_error(outcome_of(server), ErrorKind::protocol,
                 "does not know the key \"acme-key.Pium.life\", or not for "
                 "this (BADKEY)");
    server.error = 16;
    expect_error(outcome_of(server), ErrorKind::protocol,
                 "has another secret for the key \"acme-key.Pium.life\" "
                 "(BADSIG)");
}

TEST(DnsUpdate, IsNotBelievedWithoutASignature)
{
    Server server;
    server.with_mac = false;
    expect_error(outcome_of(server), ErrorKind::protocol,
                 "the name server's answer (NOERROR) is not signed");
    server.rcode = Rcode::refused;
    expect_error(outcome_of(server), ErrorKind::protocol,
                 "(REFUSED) is not signed");
    server = {};
    server.rr_class = dns::Class::in;
    expect_error(outcome_of(server), ErrorKind::protocol, "is not signed");

    // No TSIG record, or one that is not the last.
    const auto request = signed_request();
    auto answer = *dns::parse_message(Server().answer_to(request));
    answer.additional.push_back(answer.additional[0]);
    answer.additional.back().type = dns::Type::txt;
    const auto read = [&] {
        return dns::read_response(encoded(answer), request, tsig_key(),
                                  kSigned);
    };
    expect_error(read(), ErrorKind::protocol, "is not signed");
    answer.additional.clear();
    expect_error(read(), ErrorKind::protocol, "is not signed");
}

TEST(DnsUpdate, IsNotBelievedWithTheSignatureOfSomethingElse)
{
    const auto request = signed_request();
    auto other = request;
    other.mac[0] = char(other.mac[0] ^ 1);
    expect_error(dns::read_response(Server().answer_to(other), request,
                                    tsig_key(), kSigned),
                 ErrorKind::protocol,
                 "the signature of the name server's answer is wrong");

    Server server;
    server.mac_size = 16;
    expect_error(outcome_of(server), ErrorKind::protocol, "is wrong");
    server = {};
    server.key.secret = base::Secret("other");
    expect_error(outcome_of(server), ErrorKind::protocol, "is wrong");
    server = {};
    server.key.name = name("acme-key.pium.example");
    expect_error(outcome_of(server), ErrorKind::protocol,
                 "signed with another key than \"acme-key.Pium.life\"");
    server = {};
    server.key.hash = Hash::sha512;
    expect_error(outcome_of(server), ErrorKind::protocol, "another key");
}

TEST(DnsUpdate, IsNotBelievedWithOneBitChanged)
{
    const auto request = signed_request();
    const auto answer = Server().answer_to(request);
    for (std::size_t at = 0; at < answer.size(); ++at) {
        // The names of the key and of its algorithm, which have no case.
        const bool in_name = (at >= 27 && at < 47) || (at >= 57 && at < 70);
        const bool letter = in_name && std::isalpha(answer[at]) != 0;
        for (int bit = 0; bit < 8; ++bit) {
            auto changed = answer;
            changed[at] = char(changed[at] ^ (1 << bit));
            const auto outcome =
                dns::read_response(changed, request, tsig_key(), kSigned);
            EXPECT_EQ(bool(outcome.status), letter && bit == 5)
                << at << " " << bit;
        }
    }
}

TEST(DnsUpdate, IsBelievedThroughAForwarderThatChangedTheId)
{
    Server server;
    server.original_id = 0x9999;
    EXPECT_TRUE(outcome_of(server).status);
}

TEST(DnsUpdate, IsNotBelievedAtAnotherTime)
{
    const auto answered = kSigned + 2s;
    EXPECT_TRUE(outcome_of({}, answered + 300s).status);
    EXPECT_TRUE(outcome_of({}, answered - 300s).status);
    expect_error(outcome_of({}, answered + 301s), ErrorKind::protocol,
                 "is signed at 2025-11-24T16:00:02Z, too far from");
    expect_error(outcome_of({}, answered - 301s), ErrorKind::protocol,
                 "too far from");
}

TEST(DnsUpdate, IsNotAnsweredByWhatIsNoAnswer)
{
    const auto request = signed_request();
    const auto answer = Server().answer_to(request);
    const auto read = [&](const std::string& bytes) {
        return dns::read_response(bytes, request, tsig_key(), kSigned);
    };
    for (const auto& [at, bit] : {std::pair(1, 1), std::pair(2, 0x80),
                                  std::pair(2, 0x08)})
    {
        auto other = answer;
        other[std::size_t(at)] = char(other[std::size_t(at)] ^ bit);
        expect_error(read(other), ErrorKind::protocol,
                     "the answer is not one to this request");
    }
    expect_error(read(answer.substr(0, 11)), ErrorKind::protocol, "shorter");
    expect_error(read(answer.substr(0, answer.size() - 1)),
                 ErrorKind::protocol, "malformed");
    expect_error(read(request.bytes), ErrorKind::protocol, "not one to");
}

TEST(DnsUpdate, BeforeTimeBeganIsSignedAtItsBeginning)
{
    const auto request =
        dns::sign(dns::make_removal(txt_change(), 1), tsig_key(),
                  base::Time(-1h));
    ASSERT_TRUE(request);
    const auto record =
        dns::parse_message(request->bytes)->additional[0].rdata;
    EXPECT_EQ(to_hex(record).substr(26, 12), "000000000000");
}

}  // namespace
