#include "acme/pace.h"

#include <algorithm>

#include "http/retry_after.h"

namespace acme {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Duration kFirst = milliseconds(100);
constexpr base::Duration kLongest = seconds(30);
constexpr base::Duration kFirstRepeat = seconds(1);
constexpr base::Duration kPatience = std::chrono::hours(1);

}  // namespace

base::Duration Pace::next(const http::Response& response, base::Time now)
{
    since_ = since_.value_or(now);
    delay_ = std::clamp(delay_ * 2, kFirst, kLongest);
    const auto moment = http::retry_after(response, now);
    // "Retry-After: 0" is no invitation to ask in a tight loop.
    if (!moment || *moment - now < kFirst) {
        return delay_;
    }
    const base::Duration asked = *moment - now;
    if (asked > kLongest) {
        asked_ += asked;
    }
    return asked;
}

bool Pace::worn_out(base::Time now) const
{
    return since_ && now - *since_ - asked_ >= kPatience;
}

std::optional<base::Duration> Pace::repeat(
    std::optional<base::Duration> retry_after)
{
    if (repeats_ == kMaxRepeats) {
        return std::nullopt;
    }
    const base::Duration delay = kFirstRepeat * (1 << repeats_++);
    return std::max(delay, retry_after.value_or(delay));
}

std::optional<base::Duration> delay_of(const base::Error& error,
                                       base::Time now)
{
    if (!error.retry_at) {
        return std::nullopt;
    }
    return *error.retry_at - now;
}

}  // namespace acme
