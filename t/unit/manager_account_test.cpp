// Nonces and accounts.

#include "manager_world.h"

namespace {

using namespace manager_test;

using ManagerAccount = World;

TEST_F(ManagerAccount, SurvivesTenBadNoncesInARow)
{
    ca.fault("newOrder", 10, problem(400, "badNonce"));
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(ca.count("newNonce"), 1) << "each answer brings the next";
    EXPECT_EQ(log.count(LogLevel::warn), 0);
}

TEST_F(ManagerAccount, DoesNotRepeatBadNoncesForEver)
{
    ca.fault("newOrder", 1000, problem(400, "badNonce"));
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_EQ(orders(), 11);
    EXPECT_EQ(log.count(LogLevel::warn, "badNonce"), 1);
}

TEST_F(ManagerAccount, IsMadeOnce)
{
    configure({"a.example"});
    start();
    run(30s);
    restart_with({{"a.example"}, {"b.example"}});
    run(30s);
    EXPECT_TRUE(is_served("b.example"));
    EXPECT_EQ(ca.count("newAccount"), 1);
}

TEST_F(ManagerAccount, ForgottenByTheCaIsMadeOnceMore)
{
    configure({"a.example"});
    start();
    run(30s);
    ca.forget_accounts();
    restart_with({{"b.example"}, {"c.example"}, {"d.example"}});
    run(30s);
    EXPECT_EQ(sink.served.size(), 4);
    EXPECT_EQ(ca.count("newAccount"), 2);
    EXPECT_EQ(log.count(LogLevel::warn, "does not know account"), 1);
}

TEST_F(ManagerAccount, MadeAgainIsStored)
{
    configure({"a.example"});
    start();
    run(30s);
    ca.forget_accounts();
    restart_with({{"b.example"}});
    run(30s);
    restart_with({{"c.example"}});
    run(30s);
    EXPECT_TRUE(is_served("c.example"));
    EXPECT_EQ(ca.count("newAccount"), 2);
}

TEST_F(ManagerAccount, ThatTheCaKeepsForgettingIsABackOff)
{
    configure({"a.example"});
    start();
    run(30s);
    ca.fault("newOrder", 1000, problem(400, "accountDoesNotExist"));
    restart_with({{"b.example"}});
    run(23h);
    EXPECT_EQ(ca.count("newAccount"), 2);
    EXPECT_EQ(orders(), 1 + 2);
    EXPECT_EQ(log.count(LogLevel::error, "accountDoesNotExist"), 1);
}

TEST_F(ManagerAccount, ForgottenWhileTheCaRefusesNewOnesIsMadeLater)
{
    configure({"a.example"});
    start();
    run(30s);
    ca.forget_accounts();
    ca.fault("newAccount", 1, problem(500, "serverInternal"));
    restart_with({{"b.example"}, {"c.example"}});
    run(15min);
    EXPECT_TRUE(is_served("b.example"));
    EXPECT_TRUE(is_served("c.example"));
    EXPECT_EQ(ca.accounts(), 2);
}

TEST_F(ManagerAccount, ForgottenByTheCaInMidOrderCostsThatOrder)
{
    ca.validating = kDay;
    configure({"a.example"});
    start();
    run(1h);
    ca.forget_accounts();
    ca.validating = 50ms;
    run(25h);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(ca.count("newAccount"), 2);
    EXPECT_EQ(orders(), 2);
}

// Each of them is told that its order is somebody else's; that is no refusal
// of the names.
TEST_F(ManagerAccount, ForgottenByTheCaInMidOrderDelaysNobodyForADay)
{
    ca.validating = kDay;
    configure({"a.example"});
    configure({"b.example"});
    configure({"c.example"});
    start();
    run(1h);
    ca.forget_accounts();
    ca.validating = 50ms;
    run(30min);
    EXPECT_EQ(sink.served.size(), 3);
    EXPECT_EQ(ca.count("newAccount"), 2);
    EXPECT_EQ(orders(), 6);
}

TEST_F(ManagerAccount, BelongsToOneDirectory)
{
    configure({"a.example"});
    start();
    run(30s);
    settings.issuers[0].directory = other_ca.directory();
    restart();
    run(30s);
    EXPECT_EQ(other_ca.count("newAccount"), 1);
    EXPECT_EQ(store.accounts.size(), 2);
    settings.issuers[0].directory = ca.directory();
    restart_with({{"b.example"}});
    run(30s);
    EXPECT_EQ(ca.count("newAccount"), 1) << "the first account is still there";
}

}  // namespace
