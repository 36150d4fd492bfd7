// Who comes first, and how many at a time.

#include "manager_world.h"

namespace {

using namespace manager_test;
using testing::ElementsAre;

class ManagerQueue : public World {
protected:
    // Orders that were begun and have not come to an end.
    std::size_t in_flight() const
    {
        return orders() - ca.count("certificate");
    }

    void configure_many(unsigned count)
    {
        for (unsigned i = 0; i < count; ++i) {
            configure({name(i)});
        }
    }

    // The same of names that cannot be validated.
    void configure_dead(unsigned count)
    {
        configure_many(count);
        for (unsigned i = 0; i < count; ++i) {
            ca.unreachable.insert(name(i));
        }
    }

    static std::string name(unsigned i)
    {
        return "n" + std::to_string(i) + ".example";
    }
};

TEST_F(ManagerQueue, NoMoreOrdersAreInFlightThanAllowed)
{
    settings.issuers[0].max_orders = 4;
    configure_many(50);
    start();
    std::size_t most = 0;
    loop.run_until([&] {
        most = std::max(most, in_flight());
        return sink.served.size() == 50;
    });
    EXPECT_EQ(sink.served.size(), 50);
    EXPECT_EQ(orders(), 50);
    EXPECT_EQ(most, 4);
    EXPECT_EQ(ca.count("directory"), 1);
    EXPECT_LE(ca.count("newNonce"), 1 + 4) << "answers bring the others";
}

TEST_F(ManagerQueue, OrderWaitingForACaInNoHurryHoldsNoSlot)
{
    settings.issuers[0].max_orders = 1;
    ca.processing = 2 * kDay;
    ca.processing_retry_after = "86400";
    configure_many(3);
    start();
    EXPECT_TRUE(loop.run_until([&] { return orders() == 3; }, 1min));
}

TEST_F(ManagerQueue, OrderWaitingForACaInNoHurryIsFinishedInTheEnd)
{
    ca.processing = 2 * kDay;
    ca.processing_retry_after = "86400";
    configure({"a.example"});
    start();
    run(kDay - 1min);
    EXPECT_EQ(ca.count("order"), 0) << "before the CA's Retry-After";
    run(kDay + 2min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(orders(), 1);
    EXPECT_EQ(ca.count("order"), 2);
}

TEST_F(ManagerQueue, LeastShareOfLifetimeLeftComesFirst)
{
    settings.issuers[0].max_orders = 1;
    given_certificate({"last.example"}, 61 * kDay);
    given_certificate({"first.example"}, 80 * kDay);
    given_certificate({"third.example"}, 70 * kDay);
    configure({"last.example"});
    configure({"first.example"});
    configure({"third.example"});
    configure({"none.example"});
    start();
    run(1min);
    EXPECT_THAT(ca.ordered(), ElementsAre("first.example", "none.example",
                                          "third.example", "last.example"));
}

// New names may be thousands, and the CA may let in only a few a day.
TEST_F(ManagerQueue, CertificateNearItsEndComesFirstThoughItHasFailed)
{
    settings.issuers[0].max_orders = 1;
    given_certificate({"ending.example"}, 80 * kDay);
    given_failures("ending.example", 3);
    configure({"new.example"});
    configure({"ending.example"});
    start();
    run(1min);
    EXPECT_THAT(ca.ordered(), ElementsAre("ending.example", "new.example"));
}

// What has expired cannot be lost any more.
TEST_F(ManagerQueue, ExpiredCertificateThatHasFailedComesLast)
{
    settings.issuers[0].max_orders = 1;
    given_certificate({"expired.example"}, 91 * kDay);
    given_failures("expired.example", 3);
    given_certificate({"ending.example"}, 80 * kDay);
    given_failures("ending.example", 3);
    configure({"expired.example"});
    configure({"new.example"});
    configure({"ending.example"});
    start();
    run(1min);
    EXPECT_THAT(ca.ordered(), ElementsAre("ending.example", "new.example",
                                          "expired.example"));
}

// Else the next ones would be sent into the same trouble.
TEST_F(ManagerQueue, OrderInTroubleHoldsItsSlot)
{
    settings.issuers[0].max_orders = 2;
    ca.fault("authz", 1000, problem(500, "serverInternal"));
    configure_many(20);
    start();
    run(14s);
    EXPECT_EQ(orders(), 2);
}

TEST_F(ManagerQueue, NoMoreThanSoManyOrdersWaitForACaInNoHurry)
{
    settings.issuers[0].max_orders = 1;
    ca.processing = 2 * kDay;
    ca.processing_retry_after = "86400";
    configure_many(50);
    start();
    run(1h);
    EXPECT_EQ(orders(), 32);
    run(3 * kDay);
    EXPECT_EQ(orders(), 50);
}

TEST_F(ManagerQueue, NamesThatHaveFailedThoughNearTheirEndLeaveHalfOfTheSlots)
{
    settings.issuers[0].max_orders = 4;
    ca.trying = 1h;
    configure_dead(10);
    for (unsigned i = 0; i < 10; ++i) {
        given_certificate({name(i)}, 85 * kDay);
        given_failures(name(i), 1);
    }
    configure({"new.example"});
    start();
    run(900ms);
    EXPECT_THAT(ca.ordered(),
                ElementsAre(name(0), name(1), "new.example"));
}

TEST_F(ManagerQueue, NamesThatHaveFailedComeLast)
{
    settings.issuers[0].max_orders = 1;
    given_failures("often.example", 4);
    given_failures("once.example", 1);
    given_failures("served-too.example", 7);
    given_certificate({"served-too.example"}, 72 * kDay);
    given_certificate({"served.example"}, 70 * kDay);
    for (const auto* each : {"often", "once", "served-too", "served", "new"}) {
        configure({std::string(each) + ".example"});
    }
    start();
    run(1min);
    EXPECT_THAT(ca.ordered(),
                ElementsAre("new.example", "served.example",
                            "served-too.example", "once.example",
                            "often.example"));
}

TEST_F(ManagerQueue, NamesThatHaveFailedLeaveHalfOfTheSlots)
{
    settings.issuers[0].max_orders = 4;
    ca.trying = 1h;
    configure_dead(10);
    for (unsigned i = 0; i < 10; ++i) {
        given_failures(name(i), 1);
    }
    given_certificate({"good.example"}, 60 * kDay - 1s);
    configure({"good.example"});
    start();
    run(900ms);
    EXPECT_THAT(ca.ordered(), ElementsAre(name(0), name(1)));
    run(600ms);
    EXPECT_THAT(ca.ordered(), ElementsAre(name(0), name(1), "good.example"));
    EXPECT_EQ(sink.published.back(), "good.example");
}

TEST_F(ManagerQueue, NamesThatHaveFailedAreTriedByACaWithOneSlot)
{
    settings.issuers[0].max_orders = 1;
    given_failures("a.example", 1);
    configure({"a.example"});
    start();
    run(1min);
    EXPECT_TRUE(is_served("a.example"));
}

// A server that does not answer the CA, which tries for long.
class ServersThatDoNotAnswer : public ManagerQueue,
                               public testing::WithParamInterface<const char*>
{
protected:
    ServersThatDoNotAnswer()
    {
        ca.trying = 10min;
        ca.trying_retry_after = GetParam();
        settings.issuers[0].max_orders = 2;
        configure_dead(50);
        configure({"good.example"});
    }
};

TEST_P(ServersThatDoNotAnswer, DoNotHoldUpTheNextInTheQueue)
{
    start();
    EXPECT_TRUE(loop.run_until([&] { return is_served("good.example"); },
                               2min));
    EXPECT_EQ(store.job(name(0)).failures, 0) << "the CA still tries";
    EXPECT_EQ(orders(), 51);
}

TEST_P(ServersThatDoNotAnswer, AreNotForgotten)
{
    ca.trying = 9min;
    ca.unreachable.clear();
    ca.validating = 30s;
    start();
    run(5min);
    EXPECT_EQ(sink.served.size(), 51);
    EXPECT_EQ(orders(), 51);
}

INSTANTIATE_TEST_SUITE_P(
    ManagerQueue, ServersThatDoNotAnswer,
    testing::Values("", "1", "5"), [](const auto& info) {
        return info.param[0] ? "RetryAfter" + std::string(info.param)
                             : std::string("NoRetryAfter");
    });

class ThousandDeadNames : public ManagerQueue {
protected:
    ThousandDeadNames()
    {
        // About what Let's Encrypt does.
        ca.trying = 10s;
        configure_dead(1000);
        configure({"good.example"});
    }

    bool good_is_served() const { return is_served("good.example"); }
};

TEST_F(ThousandDeadNames, OfOldCostTheNewOneNothing)
{
    for (unsigned i = 0; i < 1000; ++i) {
        given_failures(name(i), 5);
    }
    start();
    EXPECT_TRUE(loop.run_until([&] { return good_is_served(); }, 10s));
    EXPECT_EQ(ca.ordered().front(), "good.example");
    EXPECT_LE(orders(), 1 + 4);
}

TEST_F(ThousandDeadNames, AllOfThemNewDelayTheLastOneByMinutes)
{
    start();
    EXPECT_TRUE(loop.run_until([&] { return good_is_served(); }, 5min));
}

TEST_F(ManagerQueue, DeadNamesCauseAsManyOrdersAsTheirLaddersHaveSteps)
{
    configure_dead(100);
    start();
    run(2h + 30min);
    EXPECT_EQ(orders(), 4 * 100);
    run(kDay);
    EXPECT_EQ(orders(), 5 * 100);
}

}  // namespace
