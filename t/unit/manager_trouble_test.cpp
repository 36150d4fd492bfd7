// A CA in trouble, or one that limits: what the certificates that have not met
// it yet do, and how short lifetimes live through it.

#include "manager_world.h"

namespace {

using namespace manager_test;

class ManagerTrouble : public World {
protected:
    void configure_many(unsigned count)
    {
        for (unsigned i = 0; i < count; ++i) {
            configure({"n" + std::to_string(i) + ".example"});
        }
    }
};

TEST_F(ManagerTrouble, LimitOfTheAccountIsNotMetByEachCertificateAnew)
{
    ca.fault("newOrder", 1000,
             problem(429, "rateLimited", {{"Retry-After", "3600"}}));
    configure_many(100);
    start();
    run(55min);
    // Eight at first, then one at a time, every ten minutes.
    EXPECT_LE(orders(), 8 + 6);
    EXPECT_EQ(log.count(LogLevel::warn, "turned away 3 orders in a row"), 1);
}

TEST_F(ManagerTrouble, WhenItIsOverAllAreServed)
{
    ca.fault("newOrder", 12,
             problem(429, "rateLimited", {{"Retry-After", "3600"}}));
    configure_many(100);
    start();
    run(2h);
    EXPECT_EQ(sink.served.size(), 100);
}

TEST_F(ManagerTrouble, LimitOfOneNameHoldsUpNoOther)
{
    ca.fault("newOrder", 1,
             problem(429, "rateLimited", {{"Retry-After", "86400"}}));
    configure_many(30);
    start();
    run(30s);
    EXPECT_EQ(sink.served.size(), 29);
}

TEST_F(ManagerTrouble, ShortLifetimeOutlivesAnOutage)
{
    ca.lifetime = 24h;
    configure({"a.example"});
    start();
    run(12h - 1min);
    ca.fault("newOrder", 1000, problem(500, "serverInternal"));
    run(3h);
    ca.heal();
    run(3h);
    const auto bundle = served("a.example");
    ASSERT_TRUE(bundle);
    EXPECT_GT(bundle->chain.front().not_after(), loop.now() + 12h)
        << "renewed well before the ladder's day is over";
}

TEST_F(ManagerTrouble, OtherIssuerSettingsAreTriedAtOnce)
{
    settings.issuers[0].accept_terms = false;
    configure({"a.example"});
    start();
    run(1min);
    EXPECT_EQ(log.count(LogLevel::error, "terms of service"), 1);
    EXPECT_FALSE(is_served("a.example"));
    restart();
    run(1h);
    EXPECT_FALSE(is_served("a.example")) << "the same settings: daily";
    settings.issuers[0].accept_terms = true;
    restart();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerTrouble, AccountUrlOfAnotherKeyIsNotUsed)
{
    configure({"a.example"});
    start();
    run(30s);
    ca.changes_keys = false;
    const auto own = crypto_test::new_key();
    settings.issuers[0].account_key_pem = *own.to_pem();
    restart_with({{"b.example"}});
    run(30s);
    EXPECT_TRUE(is_served("b.example"));
    EXPECT_EQ(ca.count("newAccount"), 2);
}

TEST_F(ManagerTrouble, HelperThatDiesOnEachAnswerOrdersOnceAMinute)
{
    configure({"a.example"});
    for (int i = 0; i < 20; ++i) {
        const auto before = orders();
        start();
        loop.run_until([&] { return orders() > before; }, 10s);
        die();
    }
    EXPECT_LE(orders(), 4);
}

}  // namespace
