#include "http/retry_after.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace http {

namespace {

using namespace std::chrono;
using Words = std::vector<std::string_view>;

constexpr std::size_t kMaxWords = 8;
constexpr std::string_view kSpaces = " \t";

// A date's words, so that its three forms differ in their order alone.
Words split_date(std::string_view text)
{
    constexpr std::string_view kSeparators = " ,:-";
    Words words;
    while (words.size() <= kMaxWords) {
        const auto begin = text.find_first_not_of(kSeparators);
        if (begin == text.npos) {
            break;
        }
        const auto end = std::min(text.find_first_of(kSeparators, begin),
                                  text.size());
        words.push_back(text.substr(begin, end - begin));
        text.remove_prefix(end);
    }
    return words;
}

// Digits alone. What is too large for any use stays so.
std::optional<int> parse_number(std::string_view digits)
{
    constexpr int kLarge = 100'000'000;
    int value = 0;
    for (char c : digits) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = std::min(value * 10 + (c - '0'), kLarge);
    }
    return digits.empty() ? std::nullopt : std::optional(value);
}

std::optional<month> parse_month(std::string_view name)
{
    constexpr std::string_view kMonths =
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    const auto at = kMonths.find(name);
    if (name.size() != 3 || at == kMonths.npos) {
        return std::nullopt;
    }
    return month(unsigned(at / 4 + 1));
}

// RFC 850 dates have two digits: the last such year that is not more than 50
// years ahead (RFC 9110, section 5.6.7).
year parse_year(std::string_view digits, int value, base::Time now)
{
    if (digits.size() != 2) {
        return year(std::min(value, 9999));
    }
    const int latest =
        int(year_month_day(floor<days>(now)).year()) + 50;
    return year(latest - (latest - value) % 100);
}

struct DateWords {
    std::string_view day, month, year, hours, minutes, seconds;
};

std::optional<DateWords> arrange(const Words& w)
{
    constexpr std::string_view kWeekdays = "Sun Mon Tue Wed Thu Fri Sat";
    if (w.empty() || w[0].size() < 3
        || kWeekdays.find(w[0].substr(0, 3)) == kWeekdays.npos)
    {
        return std::nullopt;
    }
    if (w.size() == 8 && w[7] == "GMT") {  // IMF-fixdate, RFC 850
        return DateWords{w[1], w[2], w[3], w[4], w[5], w[6]};
    }
    if (w.size() == 7) {  // asctime
        return DateWords{w[2], w[1], w[6], w[3], w[4], w[5]};
    }
    return std::nullopt;
}

std::optional<base::Time> parse_http_date(std::string_view text,
                                          base::Time now)
{
    const auto words = arrange(split_date(text));
    if (!words) {
        return std::nullopt;
    }
    const auto m = parse_month(words->month);
    const auto d = parse_number(words->day);
    const auto y = parse_number(words->year);
    const auto hh = parse_number(words->hours);
    const auto mm = parse_number(words->minutes);
    const auto ss = parse_number(words->seconds);
    if (!m || !d || !y || !hh || !mm || !ss) {
        return std::nullopt;
    }
    const auto date =
        parse_year(words->year, *y, now) / *m / day(unsigned(*d));
    if (*d > 31 || !date.ok() || *hh > 23 || *mm > 59 || *ss > 60) {
        return std::nullopt;
    }
    return sys_days(date) + hours(*hh) + minutes(*mm) + seconds(*ss);
}

std::string_view trim(std::string_view text)
{
    const auto begin = std::min(text.find_first_not_of(kSpaces), text.size());
    const auto end = text.find_last_not_of(kSpaces) + 1;
    return text.substr(begin, end - std::min(begin, end));
}

}  // namespace

std::optional<base::Time> retry_after(const Response& response,
                                      base::Time now)
{
    const auto header = find_header(response, "Retry-After");
    if (!header) {
        return std::nullopt;
    }
    const auto value = trim(*header);
    const auto delay = parse_number(value);
    const auto date = delay ? now + seconds(*delay)
                            : parse_http_date(value, now);
    if (!date) {
        return std::nullopt;
    }
    return std::clamp(*date, now, now + kMaxRetryAfter);
}

}  // namespace http
