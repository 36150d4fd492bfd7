// What is on disk at the start, and what the configuration has become since.

#include "manager_world.h"

namespace {

using namespace manager_test;
using testing::ElementsAre;

using ManagerStored = World;

TEST_F(ManagerStored, CertificateIsNotOrderedAgain)
{
    given_certificate({"a.example", "b.example"});
    configure({"a.example", "b.example"});
    start();
    run(kDay);
    EXPECT_TRUE(ca.requests.empty());
    EXPECT_TRUE(log.lines.empty());
}

// Put there by hand while nginx runs, then a reload.
TEST_F(ManagerStored, WorseOneThanTheOneServedIsReplacedByIt)
{
    given_certificate({"a.example"});
    configure({"a.example"});
    start();
    const auto good = sink.served["a.example"];
    const Names names[] = {{"a.example"}, {"b.example"}};
    for (const auto& wrong : names) {
        given_certificate(wrong, kDay);
        store.bundles["a.example"] = store.bundles[wrong.front()];
        restart();
        run(1h);
        EXPECT_EQ(sink.served["a.example"], good);
        EXPECT_EQ(store.bundles["a.example"], good);
    }
    EXPECT_TRUE(ca.requests.empty());
}

// A leaked key's certificate, replaced by hand with one of another kind.
TEST_F(ManagerStored, LaterIssuedOneReplacesTheOneServedThoughItEndsEarlier)
{
    given_certificate({"a.example"}, 10 * kDay);
    configure({"a.example"});
    start();
    given_certificate({"a.example"}, kDay, 30 * kDay);
    const auto by_hand = store.bundles["a.example"];
    restart();
    run(1h);
    EXPECT_EQ(sink.served["a.example"], by_hand);
    EXPECT_EQ(store.bundles["a.example"], by_hand);
}

TEST_F(ManagerStored, OneOfTheIssuerReplacesALaterOneOfAnother)
{
    const auto production = settings.issuers[0].directory;
    settings.issuers[0].directory = "https://staging.example/";
    given_certificate({"a.example"});
    configure({"a.example"});
    start();
    settings.issuers[0].directory = production;
    given_certificate({"a.example"}, kDay);
    const auto by_hand = store.bundles["a.example"];
    restart();
    run(1h);
    EXPECT_EQ(sink.served["a.example"], by_hand);
    EXPECT_EQ(orders(), 0);
}

TEST_F(ManagerStored, OneServedIsStoredWhenTheStoredOneIsDamagedOrGone)
{
    given_certificate({"a.example"});
    const auto good = store.bundles["a.example"];
    configure({"a.example"});
    start();
    store.bundles["a.example"] = base::Secret("no PEM at all");
    restart();
    run(1h);
    EXPECT_EQ(store.bundles["a.example"], good);
    EXPECT_THAT(store.quarantined, ElementsAre("a.example"));
    store.bundles.clear();
    restart();
    run(1h);
    EXPECT_EQ(store.bundles["a.example"], good);
    EXPECT_TRUE(ca.requests.empty());
}

// That it is stored again says nothing about its renewal.
TEST_F(ManagerStored, OneServedThatIsKeptIsRenewedAsBefore)
{
    given_certificate({"a.example"}, 80 * kDay);
    given_failures("a.example", 2);
    ca.unreachable.insert("a.example");
    configure({"a.example"});
    start();
    run(1min);
    EXPECT_EQ(log.count(LogLevel::warn, "failure 3 in a row"), 1);
    given_certificate({"a.example"}, 85 * kDay);
    ca.unreachable.clear();
    restart();
    run(10min);
    EXPECT_EQ(orders(), 1) << "the back-off holds";
    run(2h);
    EXPECT_EQ(orders(), 2);
    EXPECT_EQ(log.count(LogLevel::notice, "renewed"), 1);
    EXPECT_EQ(log.count(LogLevel::warn, "clock"), 0);
}

TEST_F(ManagerStored, NamesInAnotherOrderNeedNoOrder)
{
    given_certificate({"a.example", "b.example"});
    const auto first = store.bundles["a.example"];
    configure({"b.example", "a.example"});
    start();
    run(kDay);
    EXPECT_TRUE(ca.requests.empty());
    EXPECT_EQ(sink.served["b.example"], first);
    EXPECT_EQ(store.bundles["b.example"], first);
}

TEST_F(ManagerStored, AddedNameIsOrderedWhileTheOldCertificateServes)
{
    given_certificate({"a.example"});
    const auto first = store.bundles["a.example"];
    ca.unreachable = {"0.example"};
    configure({"0.example", "a.example"});
    start();
    run(30s);
    EXPECT_EQ(orders(), 1);
    EXPECT_EQ(sink.served["0.example"], first) << "whatever its place";
    restart_with({{"a.example", "0.example"}});
    run(30s);
    EXPECT_EQ(store.bundles["a.example"], first);
}

TEST_F(ManagerStored, RemovedNameIsOrderedWithoutIt)
{
    given_certificate({"a.example", "b.example"});
    const auto first = store.bundles["a.example"];
    configure({"b.example"});
    start();
    loop.run_until([&] { return orders() == 1; });
    EXPECT_EQ(sink.served["b.example"], first) << "meanwhile";
    run(30s);
    EXPECT_EQ(base::join(served("b.example")->chain.front().names()),
              "b.example");
}

TEST_F(ManagerStored, OtherKeyTypeIsOrdered)
{
    given_certificate({"a.example"});
    configure({"a.example"});
    settings.certificates[0].key.type = crypto::KeyType::ecdsa_384;
    start();
    run(30s);
    EXPECT_EQ(orders(), 1);
    EXPECT_EQ(served("a.example")->key.type(), crypto::KeyType::ecdsa_384);
}

TEST_F(ManagerStored, OtherDirectoryIsOrderedFrom)
{
    given_certificate({"a.example"});
    settings.issuers[0].directory = other_ca.directory();
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_EQ(other_ca.count("newOrder"), 1);
    EXPECT_TRUE(ca.requests.empty());
}

TEST_F(ManagerStored, OrderAtAnotherDirectoryIsNotResumed)
{
    configure({"a.example"});
    start();
    loop.run_until([&] { return ca.count("authz") == 1; });
    settings.issuers[0].directory = other_ca.directory();
    restart();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(other_ca.count("newOrder"), 1);
    EXPECT_EQ(other_ca.count("order"), 1) << "polled once, nothing resumed";
}

TEST_F(ManagerStored, OrderForOtherNamesIsNotResumed)
{
    configure({"a.example"});
    start();
    loop.run_until([&] { return ca.count("authz") == 1; });
    restart_with({{"a.example", "b.example"}});
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_THAT(ca.ordered(),
                ElementsAre("a.example", "a.example, b.example"));
}

TEST_F(ManagerStored, FailuresOfOtherNamesDelayNothing)
{
    ca.unreachable = {"bad.example"};
    configure({"a.example", "bad.example"});
    start();
    run(3h);
    restart_with({{"a.example"}});
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerStored, FailuresAtAnotherCaDelayNothing)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    start();
    run(3h);
    settings.issuers[0].directory = other_ca.directory();
    restart();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerStored, CaThatWasDownDelaysNoOther)
{
    ca.down = true;
    configure({"a.example"});
    start();
    run(3h);
    settings.issuers[0].directory = other_ca.directory();
    restart();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerStored, NonsenseIsQuarantinedAndReplaced)
{
    store.bundles["a.example"] = base::Secret("no PEM at all");
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_THAT(store.quarantined, ElementsAre("a.example"));
    EXPECT_EQ(log.count(LogLevel::error, "quarantine"), 1);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(orders(), 1);
}

TEST_F(ManagerStored, DamageFoundByTheStoreIsReplaced)
{
    given_certificate({"a.example"});
    store.damaged = {"a.example"};
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_EQ(log.count(LogLevel::error, "damaged"), 1);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(orders(), 1);
}

TEST_F(ManagerStored, UnreadableIsNotOrdered)
{
    given_certificate({"a.example"});
    store.unreadable = {"a.example"};
    configure({"a.example"});
    start();
    run(kDay);
    EXPECT_EQ(orders(), 0);
    EXPECT_GE(log.count(LogLevel::error, "reading the bundle"), 1);
    EXPECT_LE(log.count(LogLevel::error, "reading the bundle"), 25)
        << "hourly at most";
}

TEST_F(ManagerStored, UnreadableIsTakenUpWhenItCanBeRead)
{
    given_certificate({"a.example"}, 59 * kDay);
    store.unreadable = {"a.example"};
    configure({"a.example"});
    start();
    run(10min);
    store.unreadable.clear();
    run(12h);
    EXPECT_EQ(orders(), 0) << "still young";
    run(kDay);
    EXPECT_EQ(orders(), 1) << "renewed in its time";
}

}  // namespace
