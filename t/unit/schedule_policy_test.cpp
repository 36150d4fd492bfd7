#include <limits>

#include <gtest/gtest.h>

#include "base/text.h"
#include "schedule/policy.h"

namespace {

using base::Duration;
using base::ErrorKind;
using base::Time;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kNow{seconds(1795415358)};

constexpr hours days(int count) { return hours(24) * count; }

class FixedRandom : public base::Random {
public:
    explicit FixedRandom(double value) : value_(value) {}
    double uniform() override { return value_; }

private:
    double value_;
};

Time at(const char* text) { return *base::parse_time(text); }

TEST(Policy, RenewsWithAThirdOfTheLifetimeLeftOrHalfOfAShortOne)
{
    const struct {
        Duration lifetime;
        Duration left;
    } cases[] = {
        {days(90), days(30)},
        {days(45), days(15)},
        {days(10), hours(80)},
        {days(10) - seconds(2), days(5) - seconds(1)},
        {hours(160), hours(80)},
        {hours(1), minutes(30)},
        {milliseconds(1), milliseconds(0)},
        {days(398), days(398) / 3},
    };
    for (const auto& c : cases) {
        const Time end = kNow + c.lifetime;
        EXPECT_EQ(end - schedule::renewal_time({kNow, end}), c.left)
            << base::format_duration(c.lifetime);
    }
}

TEST(Policy, ACertificateThatIsNeverValidIsNotWaitedFor)
{
    EXPECT_EQ(schedule::renewal_time({kNow, kNow}), kNow);
    EXPECT_EQ(schedule::renewal_time({kNow, kNow - days(90)}),
              kNow - days(90));
}

TEST(Policy, TheRenewalLiesWithinTheLifetimeEvenOfTenThousandYears)
{
    const Time ends[] = {
        at("0000-01-01T00:00:00Z"), at("1950-01-01T00:00:00Z"),
        at("2038-01-19T03:14:08Z"), at("9999-12-31T23:59:59Z")};
    for (const Time from : ends) {
        for (const Time to : ends) {
            const auto time = schedule::renewal_time({from, to});
            EXPECT_LE(time, to);
            EXPECT_GE(time, std::min(from, to));
            const double share = schedule::share_left({from, to}, kNow);
            EXPECT_GE(share, 0);
            EXPECT_LE(share, 1);
        }
    }
}

TEST(Policy, TheShareLeftGoesFromOneToZero)
{
    const schedule::Validity validity = {kNow, kNow + days(90)};
    const struct {
        Duration age;
        double share;
    } cases[] = {
        {-days(1), 1},      {days(0), 1},  {days(45), 0.5},
        {days(60), 1. / 3}, {days(90), 0}, {days(91), 0},
    };
    for (const auto& c : cases) {
        EXPECT_DOUBLE_EQ(schedule::share_left(validity, kNow + c.age),
                         c.share);
    }
    EXPECT_EQ(schedule::share_left({kNow, kNow}, kNow - days(1)), 0);
    EXPECT_EQ(schedule::share_left({kNow, kNow - days(1)}, kNow - days(2)), 0);
}

TEST(Policy, FailuresClimbTheLadder)
{
    constexpr unsigned kMany = std::numeric_limits<unsigned>::max();
    const struct {
        ErrorKind kind;
        unsigned failures;
        Duration wait;
    } cases[] = {
        {ErrorKind::network, 0, minutes(1)},
        {ErrorKind::network, 1, minutes(1)},
        {ErrorKind::network, 2, minutes(10)},
        {ErrorKind::network, 3, minutes(100)},
        {ErrorKind::network, 4, hours(24)},
        {ErrorKind::network, 5, hours(24)},
        {ErrorKind::network, kMany, hours(24)},
        {ErrorKind::protocol, 1, minutes(1)},
        {ErrorKind::crypto, 2, minutes(10)},
        {ErrorKind::storage, 1, minutes(1)},
        {ErrorKind::config, 1, minutes(1)},
        {ErrorKind::internal, 3, minutes(100)},
        {ErrorKind::refused, 0, hours(24)},
        {ErrorKind::refused, 1, hours(24)},
        {ErrorKind::refused, kMany, hours(24)},
        {ErrorKind::rate_limited, 1, minutes(10)},
        {ErrorKind::rate_limited, 2, minutes(10)},
        {ErrorKind::rate_limited, 3, minutes(100)},
        {ErrorKind::rate_limited, 4, hours(24)},
    };
    FixedRandom none(0);
    for (const auto& c : cases) {
        EXPECT_EQ(schedule::next_attempt(c.failures, {c.kind, ""}, kNow, none)
                      - kNow,
                  c.wait)
            << "kind " << int(c.kind) << ", failure " << c.failures;
    }
}

TEST(Policy, JitterAddsUpToATenthAndNeverTakesAway)
{
    const base::Error error = {ErrorKind::network, ""};
    const struct {
        double random;
        Duration wait;
    } cases[] = {
        {0, minutes(100)},
        {0.5, minutes(105)},
        {1, minutes(110)},
        {-1, minutes(100)},
        {7, minutes(110)},
    };
    for (const auto& c : cases) {
        FixedRandom random(c.random);
        EXPECT_EQ(schedule::next_attempt(3, error, kNow, random) - kNow,
                  c.wait);
    }
}

TEST(Policy, RetryAtWinsUpwardOnly)
{
    const struct {
        ErrorKind kind;
        unsigned failures;
        Duration retry_after;
        Duration wait;
    } cases[] = {
        {ErrorKind::network, 1, minutes(5), minutes(5)},
        {ErrorKind::network, 4, minutes(5), hours(24)},
        {ErrorKind::network, 1, -days(60), minutes(1)},
        {ErrorKind::refused, 1, hours(1), hours(24)},
        {ErrorKind::refused, 1, days(7), days(7)},
        {ErrorKind::rate_limited, 1, seconds(30), minutes(1)},
        {ErrorKind::rate_limited, 1, days(1), days(1)},
    };
    FixedRandom none(0);
    for (const auto& c : cases) {
        const base::Error error = {c.kind, "", kNow + c.retry_after};
        EXPECT_EQ(schedule::next_attempt(c.failures, error, kNow, none) - kNow,
                  c.wait);
    }
}

TEST(Policy, AnAbsurdlyFarNotBeforeDoesNotHoldAnythingUp)
{
    const struct {
        Duration stored;
        Duration used;
    } cases[] = {
        {-days(60), -days(60)},
        {days(0), days(0)},
        {days(7), days(7)},
        {days(8), days(8)},
        {days(8) + milliseconds(1), days(0)},
        {days(60), days(0)},
        {at("9999-12-31T23:59:59Z") - kNow, days(0)},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(schedule::sane_not_before(kNow + c.stored, kNow) - kNow,
                  c.used);
    }
}

TEST(Policy, EveryWaitThePolicyDecidesOnIsSane)
{
    FixedRandom most(1);
    for (unsigned failures = 0; failures < 6; ++failures) {
        const base::Error error = {ErrorKind::refused, "", kNow + days(7)};
        const auto next =
            schedule::next_attempt(failures, error, kNow, most);
        EXPECT_EQ(schedule::sane_not_before(next, kNow), next);
    }
}

}  // namespace
