#include "base/text.h"

#include <algorithm>
#include <bit>
#include <cstdio>

namespace base {

namespace {

using namespace std::chrono;

constexpr std::string_view kEllipsis = "...";
constexpr std::string_view kDigits = "0123456789";

struct Character {
    char32_t code;
    std::size_t size;  // in bytes; 0 when the bytes are no UTF-8
};

bool is_continuation(char c) { return (c & 0xc0) == 0x80; }

// The UTF-8 character a text begins with (RFC 3629, section 4).
Character first_character(std::string_view text)
{
    static constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) {
        return {lead, 1};
    }
    const auto size = std::size_t(std::countl_one(lead));
    if (size < 2 || size > 4 || size > text.size()) {
        return {0, 0};
    }
    char32_t code = lead & (0x7f >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if (!is_continuation(text[i])) {
            return {0, 0};
        }
        code = (code << 6) | (text[i] & 0x3f);
    }
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < kSmallest[size] || code > 0x10ffff || surrogate) {
        return {0, 0};
    }
    return {code, size};
}

// Terminal controls (C0, DEL, C1), line separators, and the marks that turn
// the direction of writing and so can make a line read as another.
bool is_control(char32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0)
           || (code >= 0x200e && code <= 0x200f)
           || (code >= 0x2028 && code <= 0x202e)
           || (code >= 0x2066 && code <= 0x2069);
}

bool is_space(char32_t code)
{
    return code == '\n' || code == '\r' || code == '\t';
}

// Reads a text from its front; what does not fit makes it fail for good.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool succeeded() const { return !failed_ && rest_.empty(); }

    void require(bool condition) { failed_ = failed_ || !condition; }

    bool next_is(std::string_view set) const
    {
        return !failed_ && !rest_.empty()
               && set.find(rest_.front()) != set.npos;
    }

    char one_of(std::string_view set)
    {
        if (!next_is(set)) {
            failed_ = true;
            return 0;
        }
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    // Exactly so many digits.
    int number(int digits)
    {
        int value = 0;
        for (; digits > 0; --digits) {
            const char c = one_of(kDigits);
            value = value * 10 + (failed_ ? 0 : c - '0');
        }
        return value;
    }

private:
    std::string_view rest_;
    bool failed_ = false;
};

sys_days scan_date(Scanner& scanner)
{
    const year y(scanner.number(4));
    scanner.one_of("-");
    const month m(scanner.number(2));
    scanner.one_of("-");
    const day d(scanner.number(2));
    const year_month_day date(y, m, d);
    scanner.require(date.ok());
    return date.ok() ? sys_days(date) : sys_days();
}

seconds scan_time_of_day(Scanner& scanner)
{
    const int h = scanner.number(2);
    scanner.one_of(":");
    const int m = scanner.number(2);
    scanner.one_of(":");
    const int s = scanner.number(2);
    // 60 is a leap second: a computer's clock shows the next one instead.
    scanner.require(h < 24 && m < 60 && s <= 60);
    return hours(h) + minutes(m) + seconds(s);
}

// Digits beyond the third are read and dropped.
milliseconds scan_fraction(Scanner& scanner)
{
    if (!scanner.next_is(".")) {
        return {};
    }
    scanner.one_of(".");
    int value = scanner.number(1) * 100;
    for (int weight = 10; scanner.next_is(kDigits); weight /= 10) {
        value += scanner.number(1) * weight;
    }
    return milliseconds(value);
}

minutes scan_offset(Scanner& scanner)
{
    if (scanner.next_is("Zz")) {
        scanner.one_of("Zz");
        return {};
    }
    const char sign = scanner.one_of("+-");
    const int h = scanner.number(2);
    scanner.one_of(":");
    const int m = scanner.number(2);
    scanner.require(h < 24 && m < 60);
    const minutes offset = hours(h) + minutes(m);
    return sign == '-' ? -offset : offset;
}

struct Unit {
    const char* name;
    milliseconds size;
};

// The largest unit of which there are at least two, or exactly one: 100
// minutes are "100 min", since "1 h" would hide nearly half of them.
Unit unit_for(milliseconds duration)
{
    static constexpr Unit kUnits[] = {
        {"d", hours(24)},
        {"h", hours(1)},
        {"min", minutes(1)},
        {"s", seconds(1)},
    };
    for (const Unit& unit : kUnits) {
        if (duration >= 2 * unit.size || duration == unit.size) {
            return unit;
        }
    }
    return duration >= seconds(1) || duration == milliseconds(0)
               ? Unit{"s", seconds(1)}
               : Unit{"ms", milliseconds(1)};
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit)
{
    std::string line;
    std::size_t cut = 0;  // where the line ends if it must end in "..."
    while (!text.empty()) {
        const auto character = first_character(text);
        const std::size_t size = std::max<std::size_t>(character.size, 1);
        if (character.size == 0) {
            line += '?';
        } else if (is_control(character.code)) {
            line += is_space(character.code) ? ' ' : '?';
        } else {
            line += text.substr(0, size);
        }
        if (line.size() > limit) {
            line.resize(cut);
            return line.append(kEllipsis.substr(0, limit - cut));
        }
        if (line.size() + kEllipsis.size() <= limit) {
            cut = line.size();
        }
        text.remove_prefix(size);
    }
    return line;
}

std::string format_time(Time time)
{
    // What lies outside has no RFC 3339 form, and overflows the calendar.
    constexpr sys_days kFirst = year(0) / January / 1;
    constexpr sys_days kEnd = year(10000) / January / 1;
    const auto second = floor<seconds>(
        std::clamp<Time>(time, kFirst, kEnd - milliseconds(1)));
    const auto midnight = floor<days>(second);
    const year_month_day date(midnight);
    const hh_mm_ss clock(second - midnight);
    char text[64];
    std::snprintf(text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  int(date.year()), unsigned(date.month()),
                  unsigned(date.day()), int(clock.hours().count()),
                  int(clock.minutes().count()), int(clock.seconds().count()));
    return text;
}

Result<Time> parse_time(std::string_view text)
{
    Scanner scanner(text);
    const auto date = scan_date(scanner);
    scanner.one_of("Tt ");
    const auto clock = scan_time_of_day(scanner);
    const auto fraction = scan_fraction(scanner);
    const auto offset = scan_offset(scanner);
    if (!scanner.succeeded()) {
        return Error{ErrorKind::protocol, "no RFC 3339 time"};
    }
    return date + clock + fraction - offset;
}

std::string format_duration(Duration duration)
{
    const bool negative = duration < Duration(0);
    // The least Duration has no positive counterpart.
    const auto size =
        negative ? -std::max(duration, -Duration::max()) : duration;
    const Unit unit = unit_for(size);
    return (negative ? "-" : "") + std::to_string(size / unit.size) + " "
           + unit.name;
}

}  // namespace base
