// Retry-After (RFC 9110, section 10.2.3).
#pragma once

#include <optional>

#include "base/time.h"
#include "http/message.h"

namespace http {

// The moment before which the server does not want to be asked again: from
// seconds or an HTTP-date (all three forms of RFC 9110, 5.6.7), never more
// than kMaxRetryAfter from now, never in the past. Nothing when the header is
// absent or senseless.
constexpr base::Duration kMaxRetryAfter = std::chrono::hours(24 * 7);
std::optional<base::Time> retry_after(const Response& response,
                                      base::Time now);

}  // namespace http
