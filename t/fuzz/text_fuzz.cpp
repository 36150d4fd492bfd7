// Text made fit for a log line, and times.

#include "fuzz.h"

namespace {

void read_time(std::string_view text)
{
    const auto time = base::parse_time(text);
    if (!time) {
        return;
    }
    const auto written = base::format_time(*time);
    fuzz::require(written.size() == 20, "a time has one form", written);
    const auto again = base::parse_time(written);
    fuzz::require(again && base::format_time(*again) == written,
                  "a time is the same afterwards", written);
}

void write_number(std::string_view bytes)
{
    fuzz::Input input(bytes);
    std::uint64_t number = 0;
    for (int i = 0; i < 8; ++i) {
        number = (number << 8) | input.byte();
    }
    const base::Duration duration{std::int64_t(number)};
    fuzz::require(base::format_time(base::Time(duration)).size() == 20,
                  "any moment has a form");
    fuzz::require(!base::format_duration(duration).empty(),
                  "any duration has a form");
}

}  // namespace

FUZZ_TARGET(text)
{
    for (const std::size_t limit : {0, 1, 2, 3, 4, 7, 64, 1024}) {
        const auto line = base::printable(input, limit);
        fuzz::require(line.size() <= limit, "a line is bounded");
        fuzz::require(base::printable(line, limit) == line,
                      "what is printable stays as it is", line);
        fuzz::require(std::ranges::none_of(line, [](unsigned char c) {
            return c < 0x20 || c == 0x7f;
        }), "a line has no control characters");
    }
    read_time(input);
    write_number(input);
}
