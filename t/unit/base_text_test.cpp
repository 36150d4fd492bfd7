#include "base/text.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using base::Duration;
using base::Time;

Time at(std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); }

// What comes from a CA goes into nginx's error log, line by line.

TEST(Printable, KeepsOrdinaryTextAndOtherScripts)
{
    EXPECT_EQ(base::printable("DNS problem: NXDOMAIN, \"a.example\""),
              "DNS problem: NXDOMAIN, \"a.example\"");
    EXPECT_EQ(base::printable("Zertifizierungsstelle für 日本 \U0001F512"),
              "Zertifizierungsstelle für 日本 \U0001F512");
    EXPECT_EQ(base::printable(""), "");
}

TEST(Printable, ForgesNoSecondLogLine)
{
    EXPECT_EQ(base::printable("bad\r\n2026/11/23 [emerg] forged"),
              "bad  2026/11/23 [emerg] forged");
    EXPECT_EQ(base::printable("a\xe2\x80\xa8z"), "a?z");  // U+2028
}

TEST(Printable, SendsNothingToATerminal)
{
    EXPECT_EQ(base::printable("\x1b[2Jgone"), "?[2Jgone");
    EXPECT_EQ(base::printable("\x7f"), "?");
    EXPECT_EQ(base::printable("\xc2\x9b" "2J"), "?2J");  // CSI as U+009B
    EXPECT_EQ(base::printable(std::string_view("a\0b", 3)), "a?b");
    EXPECT_EQ(base::printable("\xe2\x80\xae" "drow"), "?drow");  // U+202E
}

TEST(Printable, IsAlwaysUtf8)
{
    EXPECT_EQ(base::printable("\xff\xfe"), "??");
    EXPECT_EQ(base::printable("caf\xe9"), "caf?");          // Latin-1
    EXPECT_EQ(base::printable("\xc0\xaf"), "??");           // overlong "/"
    EXPECT_EQ(base::printable("\xed\xa0\x80"), "???");      // surrogate
    EXPECT_EQ(base::printable("\xf4\x90\x80\x80"), "????");  // > U+10FFFF
    EXPECT_EQ(base::printable("\xe2\x82"), "??");           // cut
}

TEST(Printable, IsOfBoundedLength)
{
    EXPECT_EQ(base::printable("0123456789", 10), "0123456789");
    EXPECT_EQ(base::printable("0123456789a", 10), "0123456...");
    EXPECT_EQ(base::printable(std::string(5000, 'x')).size(), 1024u);
    // Never in the middle of a character.
    EXPECT_EQ(base::printable("äääääääää", 8), "ää...");
    EXPECT_EQ(base::printable("0123", 2), "..");
    EXPECT_EQ(base::printable("0123", 0), "");
}

TEST(FormatTime, IsRfc3339InUtc)
{
    EXPECT_EQ(base::format_time(at(1795415358)), "2026-11-23T06:29:18Z");
    EXPECT_EQ(base::format_time(at(0)), "1970-01-01T00:00:00Z");
    EXPECT_EQ(base::format_time(at(-1)), "1969-12-31T23:59:59Z");
    EXPECT_EQ(base::format_time(at(2147483648)), "2038-01-19T03:14:08Z");
    EXPECT_EQ(base::format_time(Time(1795415358999ms)),
              "2026-11-23T06:29:18Z");
}

TEST(FormatTime, StaysWithinFourDigitYears)
{
    EXPECT_EQ(base::format_time(Time::max()), "9999-12-31T23:59:59Z");
    EXPECT_EQ(base::format_time(Time::min()), "0000-01-01T00:00:00Z");
}

TEST(ParseTime, ReadsEveryFormOfRfc3339)
{
    // RFC 3339, section 5.8.
    EXPECT_EQ(*base::parse_time("1985-04-12T23:20:50.52Z"),
              Time(482196050520ms));
    EXPECT_EQ(*base::parse_time("1996-12-19T16:39:57-08:00"), at(851042397));
    EXPECT_EQ(*base::parse_time("1937-01-01T12:00:27.87+00:20"),
              Time(-1041337172130ms));
    EXPECT_EQ(*base::parse_time("1990-12-31T23:59:60Z"), at(662688000));
    // Section 5.6 allows small letters and a space.
    EXPECT_EQ(*base::parse_time("2026-11-23t06:29:18z"), at(1795415358));
    EXPECT_EQ(*base::parse_time("2026-11-23 06:29:18Z"), at(1795415358));
    // Go's CAs give nanoseconds.
    EXPECT_EQ(*base::parse_time("2026-11-23T06:29:18.123456789Z"),
              Time(1795415358123ms));
}

TEST(ParseTime, KnowsTheCalendar)
{
    EXPECT_TRUE(base::parse_time("2028-02-29T00:00:00Z"));
    EXPECT_FALSE(base::parse_time("2027-02-29T00:00:00Z"));
    EXPECT_FALSE(base::parse_time("2026-00-10T00:00:00Z"));
    EXPECT_FALSE(base::parse_time("2026-13-10T00:00:00Z"));
    EXPECT_FALSE(base::parse_time("2026-04-31T00:00:00Z"));
    EXPECT_FALSE(base::parse_time("2026-04-30T24:00:00Z"));
    EXPECT_FALSE(base::parse_time("2026-04-30T23:60:00Z"));
    EXPECT_FALSE(base::parse_time("2026-04-30T23:59:61Z"));
    EXPECT_FALSE(base::parse_time("2026-04-30T23:59:59+24:00"));
}

TEST(ParseTime, RefusesWhatIsNoTime)
{
    const char* const kBad[] = {
        "",
        "now",
        "2026-11-23",
        "2026-11-23T06:29:18",
        "2026-11-23T06:29:18ZZ",
        "2026-11-23T06:29:18.Z",
        "2026-11-23T06:29Z",
        "26-11-23T06:29:18Z",
        "-026-11-23T06:29:18Z",
        "2026-11-23T06:29:18+1:00",
        " 2026-11-23T06:29:18Z",
    };
    for (const char* text : kBad) {
        EXPECT_FALSE(base::parse_time(text)) << text;
    }
}

TEST(ParseTime, SurvivesTheEndOfTime)
{
    const auto end = base::parse_time("9999-12-31T23:59:59Z");
    ASSERT_TRUE(end);
    EXPECT_EQ(base::format_time(*end), "9999-12-31T23:59:59Z");
    // As many digits as a CA likes.
    EXPECT_TRUE(base::parse_time("2026-11-23T06:29:18."
                                 + std::string(100000, '9') + "Z"));
}

TEST(FormatDuration, IsForPeople)
{
    EXPECT_EQ(base::format_duration(35s), "35 s");
    EXPECT_EQ(base::format_duration(1min), "1 min");
    EXPECT_EQ(base::format_duration(10min), "10 min");
    EXPECT_EQ(base::format_duration(100min), "100 min");
    EXPECT_EQ(base::format_duration(4h + 59min), "4 h");
    EXPECT_EQ(base::format_duration(24h), "1 d");
    EXPECT_EQ(base::format_duration(36h), "36 h");
    EXPECT_EQ(base::format_duration(29 * 24h + 23h), "29 d");
    EXPECT_EQ(base::format_duration(0s), "0 s");
    EXPECT_EQ(base::format_duration(250ms), "250 ms");
    EXPECT_EQ(base::format_duration(-90s), "-90 s");
    EXPECT_EQ(base::format_duration(Duration::min()).substr(0, 2), "-1");
}

}  // namespace
