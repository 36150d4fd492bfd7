#include "http/retry_after.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace {

using namespace std::chrono_literals;
using base::Time;

const Time kNow = *base::parse_time("2026-11-23T06:29:18Z");

std::optional<Time> retry_after(std::string value, Time now = kNow)
{
    http::Response response;
    response.headers = {{"date", "x"}, {"retry-after", std::move(value)}};
    return http::retry_after(response, now);
}

TEST(RetryAfter, IsAbsentMostly)
{
    EXPECT_EQ(http::retry_after({}, kNow), std::nullopt);
}

TEST(RetryAfter, ReadsSeconds)
{
    EXPECT_EQ(retry_after("0"), kNow);
    EXPECT_EQ(retry_after("3"), kNow + 3s);
    EXPECT_EQ(retry_after(" 86400\t"), kNow + 24h);
    EXPECT_EQ(retry_after("000000000000000000000000000007"), kNow + 7s);
}

TEST(RetryAfter, IsNeverMoreThanAWeek)
{
    EXPECT_EQ(retry_after("604800"), kNow + 7 * 24h);
    EXPECT_EQ(retry_after("604801"), kNow + 7 * 24h);
    EXPECT_EQ(retry_after("18446744073709551617"), kNow + 7 * 24h);
    EXPECT_EQ(retry_after(std::string(10000, '9')), kNow + 7 * 24h);
    EXPECT_EQ(retry_after("Fri, 31 Dec 9999 23:59:59 GMT"), kNow + 7 * 24h);
}

TEST(RetryAfter, ReadsTheThreeDatesOfRfc9110)
{
    // Section 5.6.7, seen from two minutes before.
    const Time date = *base::parse_time("1994-11-06T08:49:37Z");
    const Time now = date - 2min;
    EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), date);
    EXPECT_EQ(retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now), date);
    EXPECT_EQ(retry_after("Sun Nov  6 08:49:37 1994", now), date);
}

TEST(RetryAfter, ReadsEveryMonth)
{
    const char* const kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (unsigned i = 0; i < 12; ++i) {
        const Time date = std::chrono::sys_days(
            std::chrono::year(2027) / (i + 1) / 28);
        EXPECT_EQ(retry_after("Sun, 28 " + std::string(kMonths[i])
                                  + " 2027 00:00:00 GMT",
                              date - 1h),
                  date);
    }
}

TEST(RetryAfter, ReadsDatesBeyond2038)
{
    const Time now = *base::parse_time("2040-02-28T23:00:00Z");
    EXPECT_EQ(retry_after("Wed, 29 Feb 2040 00:00:00 GMT", now), now + 1h);
    // Two digits: at most 50 years ahead.
    EXPECT_EQ(retry_after("Wednesday, 29-Feb-40 00:00:00 GMT", now), now + 1h);
    EXPECT_EQ(retry_after("Monday, 01-Jan-91 00:00:00 GMT", now), now);
}

TEST(RetryAfter, IsNeverInThePast)
{
    EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), kNow);
    EXPECT_EQ(retry_after("Sat, 01 Jan 0000 00:00:00 GMT"), kNow);
}

TEST(RetryAfter, IgnoresWhatMakesNoSense)
{
    const char* const kSenseless[] = {
        "",
        "-5",
        "+5",
        "1.5",
        "0x10",
        "soon",
        "5 minutes",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 PST",
        "Sun, 31 Feb 2027 08:49:37 GMT",
        "Sun, 06 Nov 2027 24:00:00 GMT",
        "Sun, 06 Nov 2027 08:60:00 GMT",
        "Sun, 06 Foo 2027 08:49:37 GMT",
        "Sun, 00 Nov 2027 08:49:37 GMT",
        "Sun, 262 Nov 2027 08:49:37 GMT",
        "Foo, 06 Nov 2027 08:49:37 GMT",
        "Sun, 06 Nov 2027 08:49:37 GMT GMT",
        "06 Nov 2027 08:49:37 GMT",
        "2027-11-06T08:49:37Z",
    };
    for (const char* text : kSenseless) {
        EXPECT_EQ(retry_after(text), std::nullopt) << text;
    }
}

}  // namespace
