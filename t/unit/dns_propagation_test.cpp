#include "dns/propagation.h"

#include <algorithm>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns_world.h"

namespace {

using namespace dns_test;
using base::ErrorKind;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::string kName = "_acme-challenge.www.pium.life";

bool has_digest(const dns::Propagation::Texts& values)
{
    return std::ranges::find(values, "digest") != values.end();
}

class DnsPropagation : public testing::Test {
protected:
    DnsPropagation()
    {
        world.know_zone("pium.life", "ns1.pium.life");
        world.know_server("pium.life", "ns1.pium.life", "192.0.2.1");
        world.know_server("pium.life", "ns2.example", "192.0.2.7");
    }

    void have(const std::string& server, const std::string& value = "digest")
    {
        world.know(server, dns::make_txt(name(kName), value, 60));
    }

    void have_after(base::Duration delay, const std::string& server)
    {
        later.after(delay, [this, server] { have(server); });
    }

    void alias(const std::string& server, const std::string& from,
               const std::string& to)
    {
        world.know(server, dns::make_cname(name(from), name(to), 60));
    }

    std::string end_of(const std::string& from)
    {
        propagation.emplace(std::make_unique<Resolver>(world), world.loop,
                            world.loop);
        std::string end;
        propagation->follow(name(from), [&](const auto& found) {
            end = found ? found->to_text() : found.error().message;
        });
        world.loop.run_until([&] { return !end.empty(); });
        return end;
    }

    base::Status wait(base::Duration limit = 5min)
    {
        EXPECT_EQ(end_of(kName), kName);
        std::optional<base::Status> outcome;
        const auto begin = world.loop.now();
        propagation->wait_for(has_digest, limit, [&](base::Status s) {
            outcome = std::move(s);
        });
        EXPECT_FALSE(outcome) << "called back from within";
        world.loop.run_until([&] { return outcome.has_value(); });
        took = world.loop.now() - begin;
        return outcome.value_or(
            base::Error{ErrorKind::internal, "it never ends"});
    }

    World world;
    Delayed later{world.loop};
    std::optional<dns::Propagation> propagation;
    base::Duration took{0};
};

TEST_F(DnsPropagation, IsCompleteWhenAllNameServersHaveTheRecord)
{
    have("192.0.2.1", "of the wildcard");
    have("192.0.2.1");
    have("192.0.2.7");
    EXPECT_TRUE(wait());
    EXPECT_LT(took, 1s);
}

TEST_F(DnsPropagation, WaitsForTheSlowestServer)
{
    have("192.0.2.1");
    have("192.0.2.7", "of yesterday");
    have_after(20s, "192.0.2.7");
    EXPECT_TRUE(wait());
    EXPECT_GT(took, 18s);
    EXPECT_LT(took, 26s) << "after 1, 3, 7, 15 and 25 seconds";
}

TEST_F(DnsPropagation, SaysWhoDoesNotHaveTheRecord)
{
    have("192.0.2.1");
    expect_error(wait(30s), ErrorKind::network,
                 "the name server ns2.example (192.0.2.7) does not have "
                 "_acme-challenge.www.pium.life");
    EXPECT_LE(took, 41s);
}

TEST_F(DnsPropagation, ASilentServerIsNotWaitedFor)
{
    have("192.0.2.1");
    world.silent = {"192.0.2.7"};
    EXPECT_TRUE(wait());
    EXPECT_LT(took, 11s);
}

TEST_F(DnsPropagation, SilenceOfAllIsNoRecord)
{
    have("192.0.2.1");
    EXPECT_EQ(end_of(kName), kName);
    world.silent = {"192.0.2.1", "192.0.2.7"};
    std::optional<base::Status> outcome;
    propagation->wait_for(has_digest, 1min,
                          [&](base::Status s) { outcome = std::move(s); });
    world.loop.run_until([&] { return outcome.has_value(); });
    expect_error(*outcome, ErrorKind::network, "no name server answers");
}

TEST_F(DnsPropagation, FollowsAliasesFromZoneToZone)
{
    world.know_zone("auth.example", "ns.auth.example");
    world.know_server("auth.example", "ns.auth.example", "192.0.2.20");
    alias("192.0.2.1", kName, "a.pium.life");
    alias("192.0.2.1", "a.pium.life", "x.auth.example");
    EXPECT_EQ(end_of(kName), "x.auth.example");
}

// A resolver would keep that there is nothing.
TEST_F(DnsPropagation, NoResolverIsAskedForTheName)
{
    have("192.0.2.1");
    have("192.0.2.7");
    EXPECT_TRUE(wait());
    EXPECT_THAT(world.asked, Not(Contains(kName + " 16 @")));
    EXPECT_THAT(world.asked, Not(Contains(kName + " 5 @")));
}

TEST_F(DnsPropagation, AliasesInACircleAreShown)
{
    alias("192.0.2.1", kName, "b.pium.life");
    alias("192.0.2.1", "b.pium.life", kName);
    EXPECT_THAT(end_of(kName), HasSubstr("too many CNAMEs: " + kName
                                         + " -> b.pium.life -> "));
}

TEST_F(DnsPropagation, SaysWhenNobodyCanBeAsked)
{
    world.known[""].clear();
    EXPECT_THAT(end_of(kName), HasSubstr("no name above it has a SOA"));
    world.know_zone("pium.life", "ns1.pium.life");
    EXPECT_THAT(end_of(kName),
                HasSubstr("no name server of zone pium.life can be found"));
    world.refuses[""] = dns::Rcode::server_failure;
    EXPECT_THAT(end_of(kName), HasSubstr("SERVFAIL"));
    world.silent = {""};
    EXPECT_THAT(end_of(kName), HasSubstr("no answer"));
}

TEST_F(DnsPropagation, DestroyedItFallsSilent)
{
    for (const auto after : {0ms, 15ms, 75ms, 2000ms}) {
        propagation.emplace(std::make_unique<Resolver>(world), world.loop,
                            world.loop);
        propagation->follow(name(kName), [&](const auto&) {
            propagation->wait_for(has_digest, 1min, [](const base::Status&) {
                ADD_FAILURE() << "nobody is there to hear it";
            });
        });
        world.loop.run_for(after);
        propagation.reset();
        world.loop.run_for(2min);
    }
}

}  // namespace
