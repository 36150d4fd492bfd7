// The process ends in the middle of an order, and another one goes on.

#include "manager_world.h"

namespace {

using namespace manager_test;

class DeathAfterRequest : public World,
                          public testing::WithParamInterface<std::size_t> {
protected:
    void SetUp() override { configure({"a.example", "b.example"}); }

    void expect_all_well()
    {
        EXPECT_TRUE(is_served("a.example"));
        EXPECT_TRUE(is_stored("a.example"));
        EXPECT_TRUE(store.jobs.empty());
        EXPECT_LE(orders(), 2);
        EXPECT_EQ(ca.accounts(), 1);
        EXPECT_TRUE(board.empty());
    }
};

TEST_P(DeathAfterRequest, CostsAtMostOneOrder)
{
    start();
    loop.run_until([&] { return ca.requests.size() == GetParam(); });
    restart();
    run(90s);
    expect_all_well();
}

TEST_P(DeathAfterRequest, CostsNoOrderOnceTheAnswerHasArrived)
{
    start();
    loop.run_until([&] { return ca.requests.size() == GetParam(); });
    run(10ms);
    restart();
    run(90s);
    expect_all_well();
    EXPECT_EQ(orders(), 1);
}

TEST_P(DeathAfterRequest, CanHappenTwice)
{
    start();
    loop.run_until([&] { return ca.requests.size() == GetParam(); });
    run(10ms);
    restart();
    loop.run_until([&] { return ca.requests.size() == GetParam() + 3; });
    run(10ms);
    restart();
    run(150s);
    expect_all_well();
}

INSTANTIATE_TEST_SUITE_P(ManagerRestart, DeathAfterRequest,
                         testing::Range<std::size_t>(1, 14));

using ManagerRestart = World;

TEST_F(ManagerRestart, OrderThatIsBeingProcessedIsFetchedLater)
{
    ca.processing = 3h;
    ca.processing_retry_after = "3600";
    configure({"a.example"});
    start();
    run(1min);
    restart();
    run(4h);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(orders(), 1);
}

TEST_F(ManagerRestart, AnswersOfBeforeStayUntilTheOrderIsResumed)
{
    configure({"a.example"});
    start();
    loop.run_until([&] { return !board.empty(); });
    restart();
    loop.run_until([&] { return ca.count("order") > 0; });
    EXPECT_FALSE(board.empty());
}

TEST_F(ManagerRestart, AnswersOfBeforeGoWithTheLineTheyWereFor)
{
    given_certificate({"a.example"});
    configure({"a.example"});
    configure({"b.example"});
    start();
    loop.run_until([&] { return !board.empty(); });
    restart_with({{"a.example"}});
    run(1min);
    EXPECT_TRUE(board.empty());
}

TEST_F(ManagerRestart, OrderOfBeforeIsOfNoUseForAnotherProfile)
{
    configure({"a.example"});
    start();
    loop.run_until([&] { return ca.count("authz") == 1; });
    die();
    settings.certificates[0].profile.name = "classic";
    start();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(orders(), 2);
}

TEST_F(ManagerRestart, AnotherSettingIsTriedAtOnce)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    start();
    run(3h);
    ca.unreachable.clear();
    restart();
    run(1min);
    EXPECT_FALSE(is_served("a.example"));
    die();
    settings.issuers[0].profile.name = "classic";
    start();
    run(1min);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerRestart, AnotherSettingIsNoWayAroundALimit)
{
    ca.fault("newOrder", 1,
             problem(429, "rateLimited", {{"Retry-After", "86400"}}));
    configure({"a.example"});
    start();
    run(1min);
    die();
    settings.certificates[0].challenges = {"tls-alpn-01"};
    start();
    run(kDay - 2min);
    EXPECT_EQ(orders(), 1);
    run(30min);
    EXPECT_EQ(orders(), 2);
}

TEST_F(ManagerRestart, RenewalBegunIsFinished)
{
    given_certificate({"a.example"}, 61 * kDay);
    configure({"a.example"});
    start();
    loop.run_until([&] { return ca.count("finalize") == 1; });
    restart();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(orders(), 1);
}

TEST_F(ManagerRestart, JobLeftBehindByAFinishedOrderIsForgotten)
{
    configure({"a.example"});
    start();
    store::Job job;
    loop.run_until([&] { return is_stored("a.example"); });
    job.directory = ca.directory();
    job.names = "a.example";
    job.order_url = "https://ca.example/order/0/0";
    const auto bundle = served("a.example");
    ASSERT_TRUE(bundle);
    job.key_pem = *bundle->key.to_pem();
    ASSERT_TRUE(store.save_job("a.example", job));
    restart();
    run(60 * kDay + 10min);
    EXPECT_EQ(orders(), 2) << "a renewal, not the same certificate again";
}

TEST_F(ManagerRestart, OrderThatIsGoneIsReplacedByOne)
{
    configure({"a.example"});
    start();
    loop.run_until([&] { return ca.count("authz") == 1; });
    ca.fault("order", 1, problem(404, "malformed"));
    restart();
    run(30s);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(orders(), 2);
}

// It may be the answer that kills the helper.
TEST_F(ManagerRestart, OrderThatIsGoneIsReplacedOnceAMinute)
{
    configure({"a.example"});
    start();
    loop.run_until([&] { return ca.count("authz") == 1; });
    ca.fault("order", 1, problem(404, "malformed"));
    restart();
    loop.run_until([&] { return orders() == 2; });
    restart();
    run(50s);
    EXPECT_EQ(orders(), 2);
    run(20s);
    EXPECT_EQ(orders(), 3);
    EXPECT_TRUE(is_served("a.example"));
}

}  // namespace
