// Text from elsewhere, made fit for a log line or a page.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace base {

// What a CA, a file or a library said, on one line and of bounded length:
// control characters (line breaks, terminal escapes) become spaces or '?',
// more than `limit` bytes end in "...".
std::string printable(std::string_view text, std::size_t limit = 1024);

// RFC 3339 in UTC, "2026-11-23T06:29:18Z": what logs and state files show.
std::string format_time(Time time);

// Reads the same, with any offset and fraction of a second.
Result<Time> parse_time(std::string_view text);

// "35 s", "10 min", "4 h", "29 d": for people.
std::string format_duration(Duration duration);

}  // namespace base
