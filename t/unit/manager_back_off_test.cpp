// Failures: how long until the next attempt, and whom they concern.

#include "manager_world.h"

namespace {

using namespace manager_test;

class ManagerBackOff : public World {
protected:
    base::Time next_order()
    {
        const auto before = orders();
        loop.run_until([&] { return orders() > before; }, 3 * kDay);
        return loop.now();
    }
};

TEST_F(ManagerBackOff, OneTenHundredMinutesThenDaily)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    start();
    const base::Duration pauses[] = {1min, 10min, 100min, 24h, 24h, 24h};
    auto last = next_order();
    for (const auto pause : pauses) {
        const auto next = next_order();
        EXPECT_GE(next - last, pause);
        EXPECT_LE(next - last, pause + 2s);
        last = next;
    }
}

// A short lifetime must not run out during a pause; one that has run out is no
// reason to hammer.
TEST_F(ManagerBackOff, IsThatOfAnyOtherNameOnceTheCertificateHasExpired)
{
    given_certificate({"a.example"}, 91 * kDay);
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    start();
    run(12h);
    EXPECT_EQ(orders(), 4);
}

// Whichever failed, the next that is allowed comes first.
TEST_F(ManagerBackOff, AnotherTypeOfChallengeIsNextAndRememberedWhenItWorked)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    settings.certificates[0].challenges = {"http-01", "tls-alpn-01"};
    start();
    run(10s);
    EXPECT_EQ(job("a.example").challenge, "tls-alpn-01");
    ca.unreachable.clear();
    run(2min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(job("a.example").challenge, "tls-alpn-01");
    EXPECT_EQ(job("a.example").failures, 0);
    restart();
    run(61 * kDay);
    EXPECT_EQ(orders(), 3) << "a renewal";
    EXPECT_EQ(job("a.example").challenge, "tls-alpn-01");
}

TEST_F(ManagerBackOff, AfterTheLastTypeOfChallengeComesTheFirst)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    settings.certificates[0].challenges = {"tls-alpn-01", "http-01"};
    start();
    run(10s);
    EXPECT_EQ(job("a.example").challenge, "");
}

TEST_F(ManagerBackOff, WildcardWithoutADnsChallengeIsNotAskedFor)
{
    configure({"*.a.example"});
    start();
    run(2h);
    EXPECT_EQ(orders(), 0);
    EXPECT_EQ(log.count(LogLevel::error, "*.a.example cannot be proved"), 1);
}

TEST_F(ManagerBackOff, OneBadNameDelaysNoGoodOne)
{
    ca.unreachable = {"bad.example"};
    configure({"bad.example"});
    configure({"good.example"});
    start();
    run(2s);
    EXPECT_TRUE(is_served("good.example"));
    run(4 * kDay);
    EXPECT_EQ(orders(), 1 + 7);
}

TEST_F(ManagerBackOff, SaysWhatHappenedAndWhenItIsTriedAgain)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    start();
    run(10s);
    EXPECT_EQ(log.count(LogLevel::warn, "validating a.example: "), 1);
    EXPECT_EQ(log.count(LogLevel::warn, "as the test wants it"), 1);
    EXPECT_EQ(log.count(LogLevel::warn, "next attempt at 2026-11-23T00:01:"),
              1);
}

TEST_F(ManagerBackOff, RestartDoesNotShortenIt)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    start();
    run(3h);
    EXPECT_EQ(orders(), 4);
    for (int i = 0; i < 20; ++i) {
        restart();
        run(1h);
    }
    EXPECT_EQ(orders(), 4);
    EXPECT_EQ(store.job("a.example").failures, 4);
    run(3h);
    EXPECT_EQ(orders(), 5);
}

TEST_F(ManagerBackOff, EndsWithTheFirstSuccess)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    start();
    run(5min);
    ca.unreachable.clear();
    run(10min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_TRUE(store.jobs.empty());
}

TEST_F(ManagerBackOff, RefusalIsNotRepeatedBeforeTheNextDay)
{
    ca.fault("newOrder", 1, problem(400, "rejectedIdentifier"));
    configure({"a.example"});
    start();
    run(kDay - 1min);
    EXPECT_EQ(orders(), 1);
    run(2min);
    EXPECT_EQ(orders(), 2);
    EXPECT_EQ(log.count(LogLevel::error, "rejectedIdentifier"), 1);
}

class RetryAfterADay : public World,
                       public testing::WithParamInterface<const char*> {};

TEST_P(RetryAfterADay, IsObeyed)
{
    ca.fault(GetParam(), 1,
             problem(503, "rateLimited", {{"Retry-After", "86400"}}));
    configure({"a.example"});
    start();
    run(1min);
    const auto before = ca.requests.size();
    run(kDay - 2min);
    EXPECT_EQ(ca.requests.size(), before);
    run(2min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_LE(orders(), 2);
}

TEST_P(RetryAfterADay, IsObeyedOverRestarts)
{
    ca.fault(GetParam(), 1,
             problem(503, "rateLimited", {{"Retry-After", "86400"}}));
    configure({"a.example"});
    start();
    run(1min);
    const auto before = ca.requests.size();
    for (int i = 0; i < 23; ++i) {
        restart();
        run(1h);
    }
    EXPECT_EQ(ca.requests.size(), before);
    run(1h);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_LE(orders(), 2);
}

INSTANTIATE_TEST_SUITE_P(
    ManagerBackOff, RetryAfterADay,
    testing::Values("directory", "newNonce", "newAccount", "newOrder",
                    "authz", "challenge", "finalize", "order", "certificate"),
    [](const auto& info) { return std::string(info.param); });

TEST_F(ManagerBackOff, RetryAfterMayBeADate)
{
    ca.fault("newOrder", 1,
             problem(429, "rateLimited",
                     {{"Retry-After", "Tue, 24 Nov 2026 01:00:00 GMT"}}));
    configure({"a.example"});
    start();
    run(kDay + 59min);
    EXPECT_EQ(orders(), 1);
    run(2min);
    EXPECT_EQ(orders(), 2);
    EXPECT_EQ(log.count(LogLevel::warn, "next attempt at 2026-11-24T01:00:00"),
              1);
}

TEST_F(ManagerBackOff, RetryAfterDoesNotShortenIt)
{
    ca.fault("newOrder", 4,
             problem(503, "rateLimited", {{"Retry-After", "60"}}));
    configure({"a.example"});
    start();
    run(3h);
    EXPECT_EQ(orders(), 4) << "at once, after 1, 10 and 100 minutes";
    run(kDay - 3h);
    EXPECT_EQ(orders(), 4);
}

// Four reloads and four crashes make no attempt earlier than the ladder does,
// at none of its steps.
TEST_F(ManagerBackOff, IsKeptAtEachStepWhateverHappensToTheProcess)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    start();
    auto last = next_order();
    std::size_t made = 1;
    for (const base::Duration pause : {1min, 10min, 100min, 1440min}) {
        for (int i = 0; i < 8; ++i) {
            run((pause - 2s) / 8);
            restart();
        }
        EXPECT_EQ(orders(), made);
        EXPECT_GE(next_order() - last, pause);
        EXPECT_EQ(orders(), ++made);
        last = loop.now();
    }
}

class CaDown : public World {};

TEST_F(CaDown, IsOneLineAndNoFailureOfACertificate)
{
    ca.down = true;
    configure({"a.example"});
    configure({"b.example"});
    start();
    run(30s);
    EXPECT_EQ(log.lines.size(), 1);
    EXPECT_EQ(log.count(LogLevel::warn, "connection refused"), 1);
    EXPECT_FALSE(store.jobs.contains("a.example"));
    EXPECT_FALSE(store.jobs.contains("b.example"));
}

// All certificates of the CA wait for it: an hour is the longest pause.
TEST_F(CaDown, IsAskedAtEverLongerPausesUpToAnHour)
{
    ca.down = true;
    configure({"a.example"});
    configure({"b.example"});
    start();
    run(65min);
    EXPECT_EQ(ca.requests.size(), 3) << "at once, after 1 min, after 10 min";
    run(3 * kDay);
    EXPECT_LE(ca.requests.size(), 3 + 72 + 1);
    EXPECT_GE(ca.requests.size(), 3 + 60);
}

// Also where its directory is still known, so that it is an order that finds
// out.
TEST_F(CaDown, IsAskedForAnOrderEachHour)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    start();
    run(10s);
    ca.down = true;
    run(20h);
    ca.down = false;
    ca.unreachable.clear();
    run(61min);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(CaDown, IsLeftAloneOverRestarts)
{
    ca.down = true;
    configure({"a.example"});
    start();
    run(65min);
    for (int i = 0; i < 120; ++i) {
        restart();
        run(10min);
    }
    EXPECT_LE(ca.requests.size(), 3 + 20 + 1);
}

TEST_F(CaDown, IsUsedWhenItIsUpAgain)
{
    ca.down = true;
    configure({"a.example"});
    start();
    run(5min);
    ca.down = false;
    run(10min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_TRUE(store.jobs.empty());
}

}  // namespace
