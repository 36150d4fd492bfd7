#include "dns/responder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "dns_zone.h"

namespace {

using namespace dns_test;
using crypto::to_hex;
using dns::Class;
using dns::Message;
using dns::Rcode;
using dns::Transport;
using dns::Type;
using testing::ElementsAre;
using testing::IsEmpty;

class DnsResponder : public testing::Test {
protected:
    std::optional<std::string> raw(std::string_view query,
                                   Transport transport = Transport::udp)
    {
        return responder_.answer(query, transport, source_);
    }

    Message ask(const Message& query, Transport transport = Transport::udp)
    {
        const auto bytes = raw(encoded(query), transport);
        EXPECT_TRUE(bytes);
        auto reply = dns::parse_message(bytes.value_or(""));
        EXPECT_TRUE(reply);
        return reply ? *reply : Message();
    }

    Message ask(std::string_view text, Type type)
    {
        return ask(query_for(name(text), type));
    }

    FakeSource source_ = zone_values();
    dns::Responder responder_{zone_settings()};
};

std::vector<std::string> texts(const Message& message)
{
    std::vector<std::string> texts;
    for (const auto& record : message.answers) {
        EXPECT_EQ(record.name, message.questions.front().name);
        texts.push_back(dns::read_txt(record) ? *dns::read_txt(record) : "?");
    }
    return texts;
}

// "there is nothing", and for how long that may be kept.
void expect_negative(const Message& reply, Rcode rcode)
{
    EXPECT_EQ(dns::to_text(reply.header.rcode), dns::to_text(rcode));
    EXPECT_TRUE(reply.header.authoritative);
    EXPECT_THAT(reply.answers, IsEmpty());
    ASSERT_EQ(reply.authority.size(), 1U);
    EXPECT_EQ(reply.authority[0].name, name("acme.pium.life"));
    EXPECT_EQ(reply.authority[0].ttl, 1U);
    const auto soa = dns::read_soa(reply.authority[0]);
    ASSERT_TRUE(soa);
    EXPECT_EQ(soa->minimum, 1U);
}

void expect_refused(const Message& reply)
{
    EXPECT_EQ(dns::to_text(reply.header.rcode), "REFUSED");
    EXPECT_FALSE(reply.header.authoritative);
    EXPECT_THAT(reply.answers, IsEmpty());
    EXPECT_THAT(reply.authority, IsEmpty());
}

Message with_opt(Message query, const dns::Opt& opt)
{
    query.additional.push_back(dns::make_opt(opt));
    return query;
}

TEST_F(DnsResponder, GivesTheValuesOfAName)
{
    const auto reply = ask("www.pium.life.acme.pium.life", Type::txt);
    EXPECT_EQ(reply.header.rcode, Rcode::no_error);
    EXPECT_TRUE(reply.header.response && reply.header.authoritative);
    EXPECT_FALSE(reply.header.truncated || reply.header.recursion_available);
    EXPECT_THAT(texts(reply), ElementsAre(std::string(43, 'v')));
    EXPECT_EQ(reply.answers[0].ttl, 1U);
    EXPECT_EQ(reply.answers[0].rr_class, Class::in);
    EXPECT_THAT(reply.authority, IsEmpty());
    EXPECT_THAT(reply.additional, IsEmpty());

    EXPECT_THAT(texts(ask("pium.life.acme.pium.life", Type::txt)),
                ElementsAre(std::string(43, 'v'), std::string(43, 'w')));
}

TEST_F(DnsResponder, RepeatsTheQuestionToTheLetter)
{
    auto query = query_for(name("wWw.PIUM.life.ACME.pium.LIFE"), Type::txt);
    query.header.recursion_desired = true;
    query.header.checking_disabled = true;
    query.header.authentic_data = true;
    const auto bytes = encoded(query);
    const auto reply = raw(bytes);
    ASSERT_TRUE(reply);
    EXPECT_EQ(to_hex(*reply),
              "1234" "8500" "0001000100000000"
                  + to_hex(bytes.substr(dns::kHeaderSize))
                  + "c00c" "00100001" "00000001" "002c" "2b"
                  + to_hex(std::string(43, 'v')));
}

TEST_F(DnsResponder, KnowsTheRecordsOfItsZone)
{
    const auto soa = ask("acme.pium.life", Type::soa);
    ASSERT_EQ(soa.answers.size(), 1U);
    const auto read = dns::read_soa(soa.answers[0]);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->name_server.to_text(), "ns.host.acme.pium.life");
    EXPECT_EQ(read->mailbox.to_text(), "hostmaster.acme.pium.life");
    EXPECT_EQ(read->serial, 1U);
    EXPECT_EQ(read->minimum, 1U);

    const auto ns = ask("ACME.pium.life", Type::ns);
    ASSERT_EQ(ns.answers.size(), 1U);
    EXPECT_TRUE(ns.header.authoritative);
    EXPECT_EQ(ns.answers[0].ttl, 300U);
    EXPECT_EQ(dns::read_target(ns.answers[0])->to_text(),
              "ns.host.acme.pium.life");
}

TEST_F(DnsResponder, KnowsItsNameServersAddressesWithinItsZone)
{
    const auto v4 = ask("NS.host.acme.pium.life", Type::a);
    ASSERT_EQ(v4.answers.size(), 1U);
    EXPECT_EQ(*dns::read_address(v4.answers[0]), "192.0.2.1");
    EXPECT_EQ(v4.answers[0].name.to_text(), "NS.host.acme.pium.life");
    const auto v6 = ask("ns.host.acme.pium.life", Type::aaaa);
    ASSERT_EQ(v6.answers.size(), 1U);
    EXPECT_EQ(*dns::read_address(v6.answers[0]), "2001:db8::1");
    expect_negative(ask("ns.host.acme.pium.life", Type::txt),
                    Rcode::no_error);
    expect_negative(ask("host.acme.pium.life", Type::a), Rcode::no_error);
    expect_negative(ask("x.ns.host.acme.pium.life", Type::a),
                    Rcode::no_such_name);
}

TEST_F(DnsResponder, MayBeDelegatedOneNameOnly)
{
    // The zone is the name to be proved, with values of its own.
    auto settings = zone_settings();
    settings.zone = name("_acme-challenge.pium.life");
    settings.name_server = name("www.pium.life");
    source_.names = {{"_acme-challenge.pium.life", {"a", "b"}}};
    responder_ = dns::Responder(settings);
    EXPECT_THAT(texts(ask("_acme-challenge.pium.life", Type::txt)),
                ElementsAre("a", "b"));
    EXPECT_EQ(ask("_acme-challenge.pium.life", Type::soa).answers.size(), 1U);
    expect_refused(ask("www.pium.life", Type::a));

    source_.names.clear();
    const auto empty = ask("_acme-challenge.pium.life", Type::txt);
    EXPECT_EQ(empty.header.rcode, Rcode::no_error);
    EXPECT_THAT(empty.answers, IsEmpty());
    EXPECT_EQ(empty.authority.size(), 1U);
}

TEST_F(DnsResponder, SaysThatANameExistsWithoutWhatIsAskedFor)
{
    for (const auto type : {Type::a, Type::aaaa, Type::caa, Type::cname,
                            Type::ns, Type::soa, Type::mx})
    {
        expect_negative(ask("www.pium.life.acme.pium.life", type),
                        Rcode::no_error);
    }
    expect_negative(ask("acme.pium.life", Type::txt), Rcode::no_error);
    expect_negative(ask("acme.pium.life", Type::a), Rcode::no_error);
    expect_negative(ask("acme.pium.life", Type(43)), Rcode::no_error);
}

TEST_F(DnsResponder, NeverDeniesANameAboveAnother)
{
    // What a resolver asks that goes down label by label (RFC 9156), before
    // it comes to www.pium.life.acme.pium.life.
    source_.names.erase("pium.life.acme.pium.life");
    for (const auto type : {Type::a, Type::ns, Type::txt}) {
        expect_negative(ask("life.acme.pium.life", type), Rcode::no_error);
        expect_negative(ask("Pium.life.acme.pium.life", type),
                        Rcode::no_error);
    }
    expect_negative(ask("ife.acme.pium.life", Type::a), Rcode::no_such_name);
}

TEST_F(DnsResponder, DeniesWhatIsNotThere)
{
    for (const auto type : {Type::txt, Type::a, Type::soa, Type::any}) {
        expect_negative(ask("x.acme.pium.life", type), Rcode::no_such_name);
        expect_negative(ask("a.www.pium.life.acme.pium.life", type),
                        Rcode::no_such_name);
    }
    // No label of this name holds a dot for the table of values.
    dns::Name odd;
    ASSERT_TRUE(odd.append("www.pium"));
    const auto rest = name("life.acme.pium.life");
    for (const auto label : rest.labels()) {
        ASSERT_TRUE(odd.append(label));
    }
    expect_negative(ask(query_for(odd, Type::txt)), Rcode::no_such_name);
}

TEST_F(DnsResponder, RefusesEverythingElse)
{
    expect_refused(ask("pium.life", Type::txt));
    expect_refused(ask("xacme.pium.life", Type::txt));
    expect_refused(ask("acme.pium.example", Type::txt));
    expect_refused(ask(".", Type::ns));
    expect_refused(ask("acme.pium.life", Type::axfr));
    expect_refused(ask("acme.pium.life", Type::ixfr));
    expect_refused(ask(query_for(name("acme.pium.life"), Type::axfr),
                       Transport::tcp));
    expect_refused(ask("acme.pium.life", Type(249)));
    for (const auto rr_class : {Class::chaos, Class::any, Class::none}) {
        auto query = query_for(name("acme.pium.life"), Type::soa);
        query.questions[0].rr_class = rr_class;
        expect_refused(ask(query));
    }
}

TEST_F(DnsResponder, GivesLittleToAQuestionForAnything)
{
    for (const char* text :
         {"acme.pium.life", "most.acme.pium.life", "ns.host.acme.pium.life"})
    {
        const auto reply = ask(text, Type::any);
        ASSERT_EQ(reply.answers.size(), 1U) << text;
        EXPECT_EQ(reply.answers[0].type, Type::hinfo);
        EXPECT_EQ(reply.answers[0].rdata, std::string("\7RFC8482\0", 9));
    }
    expect_negative(ask("life.acme.pium.life", Type::any), Rcode::no_error);
    expect_negative(ask("x.acme.pium.life", Type::any), Rcode::no_such_name);
}

TEST_F(DnsResponder, AnswersEdnsWithItsOwn)
{
    const auto query =
        query_for(name("www.pium.life.acme.pium.life"), Type::txt);
    for (const bool dnssec_ok : {false, true}) {
        const auto reply = ask(with_opt(query, {4096, 0, dnssec_ok}));
        EXPECT_EQ(texts(reply).size(), 1U);
        const auto opt = dns::find_opt(reply);
        ASSERT_TRUE(opt && *opt);
        EXPECT_EQ((*opt)->udp_size, 1232);
        EXPECT_EQ((*opt)->version, 0);
        EXPECT_EQ((*opt)->dnssec_ok, dnssec_ok);
    }
    // Also where there is nothing to say.
    EXPECT_EQ(ask(with_opt(query_for(name("a.example"), Type::a), {}))
                  .additional.size(),
              1U);
}

TEST_F(DnsResponder, KnowsOneVersionOfEdns)
{
    const auto query =
        query_for(name("www.pium.life.acme.pium.life"), Type::txt);
    const auto reply = ask(with_opt(query, {1232, 1, false}));
    EXPECT_EQ(reply.header.rcode, Rcode::bad_version);
    EXPECT_EQ(reply.questions, query.questions);
    EXPECT_THAT(reply.answers, IsEmpty());
    const auto opt = dns::find_opt(reply);
    ASSERT_TRUE(opt && *opt);
    EXPECT_EQ((*opt)->version, 0);
}

TEST_F(DnsResponder, CallsTwoOptRecordsAnError)
{
    const auto query = query_for(name("acme.pium.life"), Type::soa);
    const auto reply = ask(with_opt(with_opt(query, {}), {}));
    EXPECT_EQ(reply.header.rcode, Rcode::format_error);
    EXPECT_EQ(reply.questions, query.questions);
    EXPECT_THAT(reply.answers, IsEmpty());
}

TEST_F(DnsResponder, CutsOverUdpWhatIsTooLong)
{
    // 12 values need 700 bytes, 60 need 3400.
    struct Case {
        const char* text;
        int udp_size;  // 0: no EDNS
        bool truncated;
    };
    const Case cases[] = {
        {"www.pium.life.acme.pium.life", 100, false},  // 113 bytes
        {"many.acme.pium.life", 0, true},
        {"many.acme.pium.life", 100, true},
        {"many.acme.pium.life", 600, true},
        {"many.acme.pium.life", 1232, false},
        {"most.acme.pium.life", 1232, true},
        {"most.acme.pium.life", 65535, true},
    };
    for (const auto& [text, udp_size, truncated] : cases) {
        auto query = query_for(name(text), Type::txt);
        if (udp_size > 0) {
            query = with_opt(query, {std::uint16_t(udp_size), 0, false});
        }
        const auto reply = ask(query);
        EXPECT_EQ(reply.header.truncated, truncated) << text << udp_size;
        EXPECT_EQ(reply.answers.empty(), truncated) << text << udp_size;
        EXPECT_EQ(reply.additional.size(), query.additional.size());
        EXPECT_EQ(reply.header.rcode, Rcode::no_error);
        EXPECT_FALSE(ask(query, Transport::tcp).header.truncated);
        EXPECT_EQ(ask(query, Transport::tcp).answers.size(),
                  source_.names[text].size());
    }
}

TEST_F(DnsResponder, FitsExactly)
{
    auto query = query_for(name("many.acme.pium.life"), Type::txt);
    const auto needed = raw(encoded(query), Transport::tcp)->size() + 11;
    const auto limited = [&](std::size_t size) {
        return ask(with_opt(query, {std::uint16_t(size), 0, false}));
    };
    EXPECT_FALSE(limited(needed).header.truncated);
    EXPECT_TRUE(limited(needed - 1).header.truncated);
}

TEST_F(DnsResponder, FailsWhereEvenTcpHasNoRoom)
{
    const auto query = query_for(name("huge.acme.pium.life"), Type::txt);
    EXPECT_TRUE(ask(query).header.truncated);
    const auto reply = ask(query, Transport::tcp);
    EXPECT_EQ(reply.header.rcode, Rcode::server_failure);
    EXPECT_FALSE(reply.header.truncated);
    EXPECT_THAT(reply.answers, IsEmpty());
}

TEST_F(DnsResponder, DoesNotAnswerAnswersOrLessThanAHeader)
{
    auto query = query_for(name("acme.pium.life"), Type::soa);
    query.header.response = true;
    EXPECT_FALSE(raw(encoded(query)));
    const auto short_of_a_header = std::string(11, '\0');
    EXPECT_FALSE(raw(short_of_a_header));
    EXPECT_FALSE(raw(""));
}

TEST_F(DnsResponder, SaysNotimpToOtherOpcodes)
{
    for (const int opcode : {1, 2, 3, 4, 5, 6, 15}) {
        auto query = query_for(name("acme.pium.life"), Type::soa);
        query.header.opcode = dns::Opcode(opcode);
        // DSO (6) has something else behind its header (RFC 8490).
        const auto reply = raw(encoded(query) + "xyz");
        ASSERT_TRUE(reply);
        const auto header = dns::parse_header(*reply);
        EXPECT_EQ(reply->size(), dns::kHeaderSize);
        EXPECT_EQ(header->rcode, Rcode::not_implemented);
        EXPECT_EQ(header->opcode, dns::Opcode(opcode));
        EXPECT_EQ(header->id, 0x1234);
        EXPECT_TRUE(header->response);
    }
}

TEST_F(DnsResponder, SaysFormerrToWhatItCannotRead)
{
    const auto good = query_for(name("acme.pium.life"), Type::soa);
    auto none = good;
    none.questions.clear();
    auto two = good;
    two.questions.push_back(two.questions[0]);
    const auto padded = encoded(with_opt(good, {})).substr(0, 12 + 20 + 9)
                        + from_hex("1000") + from_hex("000c 0ffc")
                        + std::string(4092, '\0');
    const std::string bad[] = {
        encoded(good) + "x",
        encoded(good).substr(0, 20),
        encoded(good).substr(0, 12),
        encoded(none),
        encoded(two),
        padded,
    };
    for (const auto& query : bad) {
        const auto reply = raw(query);
        ASSERT_TRUE(reply);
        EXPECT_EQ(to_hex(*reply), "123480010000000000000000")
            << to_hex(query);
    }
}

TEST_F(DnsResponder, AddsOneRecordAtMostToAQueryWithoutValues)
{
    for (const char* text :
         {"acme.pium.life", "x.ACME.pium.life", "life.acme.pium.life",
          "many.acme.pium.life", "pium.life", "ns.host.acme.pium.life"})
    {
        for (unsigned type = 0; type < 260; ++type) {
            if (Type(type) == Type::txt) {
                continue;
            }
            const auto query = encoded(query_for(name(text), Type(type)));
            const auto reply = raw(query);
            ASSERT_TRUE(reply);
            // A SOA record of 12 + 24 + 28 + 20 bytes is the largest.
            EXPECT_LE(reply->size(), query.size() + 84) << text << type;
        }
    }
}

TEST_F(DnsResponder, HasRoomForTheLongestNames)
{
    const std::string label(63, 'a');
    auto settings = zone_settings();
    settings.zone = name(label + "." + label + "." + label + "."
                         + std::string(61, 'b'));
    settings.name_server = settings.zone;
    settings.addresses.clear();
    responder_ = dns::Responder(settings);
    const auto query = query_for(settings.zone, Type::soa);
    EXPECT_TRUE(ask(query).header.truncated);
    const auto reply = ask(query, Transport::tcp);
    ASSERT_EQ(reply.answers.size(), 1U);
    // "hostmaster." does not go before it.
    EXPECT_EQ(dns::read_soa(reply.answers[0])->mailbox, settings.zone);
}

}  // namespace
