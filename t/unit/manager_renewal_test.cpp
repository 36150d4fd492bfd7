// When a certificate is renewed, and what a clock that is wrong does to it.

#include "manager_world.h"

namespace {

using namespace manager_test;

class ManagerRenewal : public World {
protected:
    void obtain()
    {
        configure({"a.example"});
        start();
        run(1min);
        ASSERT_TRUE(is_served("a.example"));
    }
};

struct Life {
    int days;
    base::Duration renewed_at;
};

class RenewalOf : public ManagerRenewal,
                  public testing::WithParamInterface<Life> {};

// With a third of the lifetime left, or half of a short one.
TEST_P(RenewalOf, HappensOnceAndNotEarlier)
{
    ca.lifetime = GetParam().days * kDay;
    obtain();
    run(GetParam().renewed_at - 2min);
    EXPECT_EQ(orders(), 1);
    run(2min);
    EXPECT_EQ(orders(), 2);
    EXPECT_EQ(log.count(LogLevel::notice, "renewed"), 1);
    EXPECT_GT(served("a.example")->chain.front().not_after(),
              loop.now() + ca.lifetime - 1h);
    run(GetParam().renewed_at - 2min);
    EXPECT_EQ(orders(), 2);
}

INSTANTIATE_TEST_SUITE_P(
    ManagerRenewal, RenewalOf,
    testing::Values(Life{6, 3 * kDay}, Life{45, 30 * kDay},
                    Life{90, 60 * kDay}, Life{398, 398 * kDay * 2 / 3}),
    [](const auto& info) {
        return std::to_string(info.param.days) + "Days";
    });

TEST_F(ManagerRenewal, GoesOnForYears)
{
    obtain();
    for (int year = 0; year < 3; ++year) {
        run(365 * kDay);
        EXPECT_GT(served("a.example")->chain.front().not_after(), loop.now());
    }
    EXPECT_EQ(orders(), 1 + 3 * 365 / 60);
}

TEST_F(ManagerRenewal, RestartsDoNotCauseOne)
{
    obtain();
    for (int i = 0; i < 5; ++i) {
        restart();
        run(1h);
    }
    EXPECT_EQ(orders(), 1);
    EXPECT_EQ(ca.count("directory"), 1) << "nor any request";
}

TEST_F(ManagerRenewal, FailingOneLeavesTheOldCertificateServed)
{
    obtain();
    const auto first = sink.served["a.example"];
    ca.unreachable = {"a.example"};
    run(75 * kDay);
    EXPECT_EQ(sink.served["a.example"], first);
    EXPECT_EQ(store.bundles["a.example"], first);
    EXPECT_EQ(log.count(LogLevel::crit), 0);
    run(14 * kDay);
    EXPECT_GT(log.count(LogLevel::crit), 0) << "days before the end";
}

TEST_F(ManagerRenewal, ClockSixtyDaysAheadCausesNoStormOfOrders)
{
    obtain();
    loop.step(61 * kDay);
    EXPECT_FALSE(
        loop.run_until([&] { return orders() > 1 + 8; }, 7 * kDay));
    EXPECT_GE(orders(), 2) << "it looks as if it were time";
    EXPECT_EQ(log.count(LogLevel::warn, "clock"), orders() - 1);
}

TEST_F(ManagerRenewal, ClockSixtyDaysAheadCausesNoStormOverRestarts)
{
    obtain();
    loop.step(61 * kDay);
    for (int i = 0; i < 20; ++i) {
        restart();
        loop.run_until([&] { return orders() > 1 + 2; }, 1h);
    }
    EXPECT_EQ(orders(), 1 + 1);
}

TEST_F(ManagerRenewal, AllIsWellAfterTheClockWasSixtyDaysAhead)
{
    obtain();
    loop.step(61 * kDay);
    run(kDay);
    loop.step(-61 * kDay);
    const auto before = orders();
    run(58 * kDay);
    EXPECT_EQ(orders(), before);
    run(6 * kDay);
    EXPECT_EQ(orders(), before + 1);
}

TEST_F(ManagerRenewal, ClockSixtyDaysBehindNeitherHammersNorSleepsForEver)
{
    loop.step(-60 * kDay);
    configure({"a.example"});
    start();
    run(7 * kDay);
    EXPECT_FALSE(is_served("a.example")) << "valid only in the future";
    EXPECT_GE(orders(), 7);
    EXPECT_LE(orders(), 11);
    EXPECT_GT(log.count(LogLevel::error, "clock"), 0);
    loop.step(60 * kDay);
    run(11min);
    EXPECT_TRUE(is_served("a.example"));
}

// A machine that sleeps: the wall clock is ahead, timers know nothing.
TEST_F(ManagerRenewal, ThatBecameDueDuringASleepIsMadeWithinTenMinutes)
{
    obtain();
    run(55 * kDay);
    loop.step(7 * kDay);
    run(10min + 1s);
    EXPECT_EQ(orders(), 2);
    EXPECT_EQ(log.count(LogLevel::warn, "clock"), 0);
}

TEST_F(ManagerRenewal, ClockStepsOfADayChangeNothing)
{
    obtain();
    for (const auto step : {kDay, -kDay, -kDay, kDay}) {
        loop.step(step);
        run(1h);
        restart();
        run(1h);
    }
    EXPECT_EQ(orders(), 1);
    run(60 * kDay - 8h - 2min);
    EXPECT_EQ(orders(), 1);
    run(2min);
    EXPECT_EQ(orders(), 2);
}

TEST_F(ManagerRenewal, BackOffOfAClockAheadDoesNotOutliveIt)
{
    ca.unreachable = {"a.example"};
    configure({"a.example"});
    loop.step(60 * kDay);
    start();
    run(3h);
    ca.unreachable.clear();
    loop.step(-60 * kDay);
    run(11min);
    EXPECT_TRUE(is_served("a.example"));
}

}  // namespace
