#include "dns/rfc2136.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns_update_server.h"

namespace {

using namespace dns_test;
using base::ErrorKind;
using dns::Class;
using dns::Rcode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const dns::TxtRecord kRecord{"_acme-challenge.www.pium.life", "digest"};
const dns::ServerAddress kServer{"192.0.2.53", 5353};

class DnsRfc2136 : public testing::Test {
protected:
    DnsRfc2136()
    {
        world.know_zone("life", "a.nic.life");
        world.know_zone("pium.life", "ns1.pium.life");
        world.know_address("ns1.pium.life", "192.0.2.1");
    }

    void make(const std::optional<dns::ServerAddress>& server = std::nullopt,
              const char* zone = nullptr)
    {
        provider.emplace(
            dns::Rfc2136Settings{
                server, zone ? std::optional(name(zone)) : std::nullopt,
                tsig_key(), 60},
            std::make_unique<Resolver>(world),
            std::make_unique<Exchange>(server_), world.loop);
    }

    base::Status add(const dns::TxtRecord& record = kRecord)
    {
        std::optional<base::Status> outcome;
        provider->add(record, [&](base::Status s) { outcome = std::move(s); });
        world.loop.run_until([&] { return outcome.has_value(); });
        return outcome.value_or(
            base::Error{ErrorKind::internal, "it never ends"});
    }

    World world;
    UpdateServer server_{world.loop};
    std::optional<dns::Rfc2136> provider;
};

TEST_F(DnsRfc2136, AddsARecordAtThePrimaryServerOfItsZone)
{
    make();
    ASSERT_TRUE(add());
    ASSERT_EQ(server_.sent.size(), 1);
    const auto& sent = server_.sent[0];
    EXPECT_EQ(sent.server, "192.0.2.1:53");
    EXPECT_EQ(sent.zone, "pium.life");
    EXPECT_EQ(sent.name, kRecord.name);
    EXPECT_EQ(sent.rr_class, Class::in);
    EXPECT_EQ(sent.value, "digest");
    EXPECT_EQ(sent.ttl, 60);
}

TEST_F(DnsRfc2136, RemovesOneRecord)
{
    make();
    bool done = false;
    provider->remove(kRecord, [&](const base::Status& s) { done = bool(s); });
    world.loop.run_for(1min);
    EXPECT_TRUE(done);
    ASSERT_EQ(server_.sent.size(), 1);
    EXPECT_EQ(server_.sent[0].rr_class, Class::none);
    EXPECT_EQ(server_.sent[0].value, "digest");
}

TEST_F(DnsRfc2136, AsksNobodyWhenServerAndZoneAreConfigured)
{
    make(kServer, "pium.life");
    ASSERT_TRUE(add());
    EXPECT_EQ(server_.sent[0].server, "192.0.2.53:5353");
    EXPECT_EQ(server_.sent[0].zone, "pium.life");
    EXPECT_THAT(world.asked, IsEmpty());
}

TEST_F(DnsRfc2136, FindsTheZoneForAConfiguredServer)
{
    make(kServer);
    ASSERT_TRUE(add());
    EXPECT_EQ(server_.sent[0].server, "192.0.2.53:5353");
    EXPECT_EQ(server_.sent[0].zone, "pium.life");
    EXPECT_THAT(world.asked,
                ElementsAre("_acme-challenge.www.pium.life 6 @",
                            "www.pium.life 6 @", "pium.life 6 @"));
}

TEST_F(DnsRfc2136, FindsTheServerOfAConfiguredZone)
{
    make(std::nullopt, "pium.life");
    ASSERT_TRUE(add());
    EXPECT_EQ(server_.sent[0].server, "192.0.2.1:53");
    EXPECT_THAT(world.asked, ElementsAre("pium.life 6 @", "ns1.pium.life 1 @",
                                         "ns1.pium.life 28 @"));
}

TEST_F(DnsRfc2136, AnAliasIsNotItsTargetsZone)
{
    world.know("", dns::make_cname(name("www.pium.life"),
                                   name("cdn.example"), 60));
    world.know_zone("cdn.example", "ns.cdn.example");
    make();
    ASSERT_TRUE(add());
    EXPECT_EQ(server_.sent[0].zone, "pium.life");
}

TEST_F(DnsRfc2136, TriesTheAddressesOfThePrimaryServer)
{
    world.know_address("ns1.pium.life", "2001:db8::1");
    server_.unreachable = {"192.0.2.1:53"};
    make();
    ASSERT_TRUE(add());
    ASSERT_EQ(server_.sent.size(), 2);
    EXPECT_EQ(server_.sent[1].server, "[2001:db8::1]:53");

    server_.unreachable.insert("[2001:db8::1]:53");
    expect_error(add(), ErrorKind::network,
                 "updating zone pium.life at [2001:db8::1]:53: ");
}

TEST_F(DnsRfc2136, DoesOneThingAfterTheOther)
{
    make();
    std::string order;
    base::Time end;
    const auto note = [&](char c) {
        return [&, c](const base::Status&) {
            order += c;
            EXPECT_GT(world.loop.now(), end) << "at the same time";
            end = world.loop.now();
        };
    };
    provider->add({"_acme-challenge.pium.life", "1"}, note('a'));
    provider->remove({"_acme-challenge.pium.life", "1"}, note('r'));
    world.loop.run_until([&] { return order.size() == 2; });
    EXPECT_EQ(order, "ar");
    EXPECT_EQ(server_.sent[0].rr_class, Class::in);
    EXPECT_EQ(server_.sent[1].rr_class, Class::none);
}

TEST_F(DnsRfc2136, OneThatFailsDoesNotHoldUpTheNext)
{
    make(kServer);
    server_.answers.rcode = Rcode::server_failure;
    std::string order;
    provider->add({"not a name", "1"},
                  [&](const base::Status& s) { order += s ? 'y' : 'n'; });
    provider->add(kRecord, [&](const base::Status& s) {
        order += s ? 'y' : 'n';
        server_.answers.rcode = Rcode::no_error;
    });
    provider->add(kRecord,
                  [&](const base::Status& s) { order += s ? 'y' : 'n'; });
    world.loop.run_for(1min);
    EXPECT_EQ(order, "nny");
}

TEST_F(DnsRfc2136, SignsOnceMoreWithTheServersTime)
{
    make();
    world.loop.step(-2h);
    ASSERT_TRUE(add());
    ASSERT_EQ(server_.sent.size(), 2);
    EXPECT_EQ(server_.sent[1].signed_at - server_.sent[0].signed_at, 2h);
}

TEST_F(DnsRfc2136, DoesNotRunAfterAClockThatJumps)
{
    make();
    server_.answers.rcode = Rcode::not_authorized;
    server_.answers.error = 18;
    dns::put_u48(server_.answers.other, 1'000);
    expect_error(add(), ErrorKind::protocol,
                 "the clocks differ, the name server's says "
                 "1970-01-01T00:16:40Z (BADTIME)");
    EXPECT_EQ(server_.sent.size(), 2);
}

TEST_F(DnsRfc2136, SaysWhoRefused)
{
    make(kServer, "pium.life");
    server_.answers.rcode = Rcode::refused;
    expect_error(add(), ErrorKind::config,
                 "updating zone pium.life at 192.0.2.53:5353: the name server "
                 "refused the update (REFUSED)");
    server_.answers.rcode = Rcode::server_failure;
    expect_error(add(), ErrorKind::protocol, "(SERVFAIL)");
    server_.answers.with_mac = false;
    server_.answers.error = 17;
    expect_error(add(), ErrorKind::protocol, "BADKEY");
}

TEST_F(DnsRfc2136, SaysWhyThereIsNowhereToGo)
{
    make();
    expect_error(add({"x.example", "digest"}), ErrorKind::config,
                 "looking for the zone of x.example: no name above it has a "
                 "SOA record");
    expect_error(add({"a..b", "digest"}), ErrorKind::config, "");

    world.know_zone("hidden.life", "ns.hidden.life");
    expect_error(add({"x.hidden.life", "digest"}), ErrorKind::config,
                 "looking for the primary name server of zone hidden.life: "
                 "ns.hidden.life has no address");
    world.refuses[""] = Rcode::server_failure;
    expect_error(add(), ErrorKind::protocol,
                 "the resolver says SERVFAIL about "
                 "_acme-challenge.www.pium.life");
    EXPECT_THAT(server_.sent, IsEmpty());
}

TEST_F(DnsRfc2136, SaysWhatIsWrongWithAConfiguredZone)
{
    make(kServer, "pium.example");
    expect_error(add(), ErrorKind::config,
                 "_acme-challenge.www.pium.life is not in zone pium.example");
    make(std::nullopt, "www.pium.life");
    expect_error(add(), ErrorKind::config,
                 "www.pium.life is not a zone: it has no SOA record");
}

TEST_F(DnsRfc2136, DestroyedItFallsSilent)
{
    for (const auto after : {0ms, 15ms, 45ms}) {
        make();
        provider->add(kRecord, [](const base::Status&) {
            ADD_FAILURE() << "nobody is there to hear it";
        });
        world.loop.run_for(after);
        provider.reset();
        world.loop.run_for(1min);
    }
}

}  // namespace
