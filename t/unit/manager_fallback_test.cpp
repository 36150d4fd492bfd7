// Several issuers for a certificate: when another one is asked, and which one
// is stayed with.

#include "manager_world.h"

namespace {

using namespace manager_test;

class ManagerFallback : public World {
protected:
    ManagerFallback()
    {
        manager::IssuerSettings issuer;
        issuer.name = "other";
        issuer.directory = other_ca.directory();
        settings.issuers.push_back(issuer);
    }

    void configure_both()
    {
        configure({"a.example"});
        settings.certificates[0].issuers = {0, 1};
    }

    void obtain()
    {
        configure_both();
        start();
        run(1min);
        ASSERT_EQ(served("a.example")->issuer, ca.directory());
    }

    std::string issuer_of_served() const { return served("a.example")->issuer; }
};

TEST_F(ManagerFallback, IsNotNeededWhileTheFirstWorks)
{
    obtain();
    run(200 * kDay);
    EXPECT_EQ(orders(), 4);
    EXPECT_TRUE(other_ca.requests.empty());
}

TEST_F(ManagerFallback, ForANewNameComesAtOnce)
{
    ca.fault("newOrder", 1000, problem(403, "rejectedIdentifier"));
    configure_both();
    start();
    run(10s);
    EXPECT_EQ(issuer_of_served(), other_ca.directory());
    EXPECT_EQ(orders(), 1);
    EXPECT_EQ(log.count(LogLevel::error, "by issuer \"other\""), 1);
    EXPECT_EQ(log.count(LogLevel::notice, "issuer \"other\""), 2)
        << "its terms, and the certificate";
}

TEST_F(ManagerFallback, FromADeadCaComesAtOnceForANewName)
{
    ca.down = true;
    configure_both();
    start();
    run(10s);
    EXPECT_EQ(issuer_of_served(), other_ca.directory());
    EXPECT_EQ(log.count(LogLevel::warn, "cannot be asked"), 1);
}

TEST_F(ManagerFallback, ThatFailsTooIsFollowedByThePause)
{
    ca.fault("newOrder", 1000, problem(500, "serverInternal"));
    other_ca.fault("newOrder", 1000, problem(500, "serverInternal"));
    configure_both();
    start();
    run(50s);
    EXPECT_EQ(orders(), 1);
    EXPECT_EQ(other_ca.count("newOrder"), 1);
    run(10min);
    EXPECT_EQ(orders(), 2);
    EXPECT_EQ(other_ca.count("newOrder"), 2) << "after a minute";
    run(24h);
    EXPECT_LE(orders(), 27) << "hourly";
    EXPECT_LE(other_ca.count("newOrder"), 27);
}

struct Life {
    int days;
    base::Duration urgent;
};

class FallbackOf : public ManagerFallback,
                   public testing::WithParamInterface<Life> {};

// With a sixth of the lifetime left.
TEST_P(FallbackOf, ComesInTime)
{
    ca.lifetime = other_ca.lifetime = GetParam().days * kDay;
    obtain();
    ca.down = true;
    run(GetParam().urgent - 2min);
    EXPECT_EQ(issuer_of_served(), ca.directory());
    EXPECT_EQ(other_ca.count("newOrder"), 0);
    run(4min);
    EXPECT_EQ(issuer_of_served(), other_ca.directory());
}

TEST_P(FallbackOf, FromOneThatRefusesComesInTime)
{
    ca.lifetime = other_ca.lifetime = GetParam().days * kDay;
    obtain();
    ca.fault("newOrder", 10000, problem(403, "rejectedIdentifier"));
    run(GetParam().urgent - 2min);
    EXPECT_EQ(issuer_of_served(), ca.directory());
    run(4min);
    EXPECT_EQ(issuer_of_served(), other_ca.directory());
}

INSTANTIATE_TEST_SUITE_P(
    ManagerFallback, FallbackOf,
    testing::Values(Life{6, 5 * kDay}, Life{45, kDay * 45 * 5 / 6},
                    Life{90, 75 * kDay}),
    [](const auto& info) {
        return std::to_string(info.param.days) + "Days";
    });

TEST_F(ManagerFallback, IsStayedWith)
{
    ca.down = true;
    configure_both();
    start();
    run(10s);
    ASSERT_EQ(issuer_of_served(), other_ca.directory());
    ca.down = false;
    restart();
    run(61 * kDay);
    EXPECT_EQ(other_ca.count("newOrder"), 2);
    EXPECT_EQ(orders(), 0);
    EXPECT_EQ(status.details["a.example"].issuer, "other");
}

TEST_F(ManagerFallback, OutlivesARestart)
{
    ca.fault("newOrder", 1000, problem(500, "serverInternal"));
    other_ca.down = true;
    configure_both();
    start();
    run(30s);
    restart();
    other_ca.down = false;
    run(2h);
    EXPECT_EQ(issuer_of_served(), other_ca.directory());
}

TEST_F(ManagerFallback, HasAccountsAtBoth)
{
    ca.down = true;
    configure_both();
    start();
    run(10s);
    EXPECT_EQ(other_ca.accounts(), 1);
    EXPECT_EQ(store.accounts.size(), 2);
}

TEST_F(ManagerFallback, IsNoReasonToReplaceWhatTheSecondIssued)
{
    ca.down = true;
    configure_both();
    start();
    run(10s);
    ca.down = false;
    settings.certificates[0].issuers = {1, 0};
    restart();
    run(1h);
    EXPECT_EQ(other_ca.count("newOrder") + orders(), 1);
    settings.certificates[0].issuers = {0};
    restart();
    run(1h);
    EXPECT_EQ(issuer_of_served(), ca.directory()) << "it is not wanted any more";
}

}  // namespace
