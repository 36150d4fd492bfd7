#include "schedule/policy.h"

#include <algorithm>
#include <chrono>

#include "http/retry_after.h"

namespace schedule {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr base::Duration kShortLifetime = hours(10 * 24);
constexpr base::Duration kDaily = hours(24);
// As long a new certificate is left alone, whatever its CA suggests: Let's
// Encrypt gives five of the same names a week.
constexpr base::Duration kLeastService = hours(48);
constexpr base::Duration kLadder[] = {minutes(1), minutes(10), minutes(100)};

// A CA that limits the rate without saying until when counts in minutes or
// hours: asking again after one minute would only be counted as well.
constexpr base::Duration kUnspecifiedLimit = minutes(10);

// Jitter and the way to the next tick are on top of the CA's longest wait.
constexpr base::Duration kLongestWait = http::kMaxRetryAfter + hours(24);

base::Duration lifetime(const Validity& validity)
{
    return validity.not_after - validity.not_before;
}

base::Duration ladder(unsigned failures)
{
    const std::size_t step = std::max(failures, 1U) - 1;
    return step < std::size(kLadder) ? kLadder[step] : kDaily;
}

base::Duration back_off(unsigned failures, const base::Error& error)
{
    if (error.kind == base::ErrorKind::refused) {
        return kDaily;
    }
    if (error.kind == base::ErrorKind::rate_limited && !error.retry_at) {
        return std::max(ladder(failures), kUnspecifiedLimit);
    }
    return ladder(failures);
}

base::Duration jitter(base::Duration delay, base::Random& random)
{
    const double share = std::clamp(random.uniform(), 0.0, 1.0) / 10;
    return base::Duration(base::Duration::rep(double(delay.count()) * share));
}

}  // namespace

base::Time renewal_time(const Validity& validity)
{
    const auto total = lifetime(validity);
    if (total <= base::Duration(0)) {
        // Never valid: nothing to wait for but the earlier of its ends.
        return validity.not_after;
    }
    return validity.not_after - total / (total < kShortLifetime ? 2 : 3);
}

base::Time renewal_time(const Validity& validity, base::Time suggested)
{
    const auto total = lifetime(validity);
    if (total <= base::Duration(0)) {
        return renewal_time(validity);
    }
    return std::clamp(
        suggested,
        validity.not_before + std::min(kLeastService, total / 4),
        validity.not_after - total / 20);
}

double share_left(const Validity& validity, base::Time now)
{
    const auto total = lifetime(validity);
    if (total <= base::Duration(0) || now >= validity.not_after) {
        return 0;
    }
    if (now <= validity.not_before) {
        return 1;
    }
    return double((validity.not_after - now).count()) / double(total.count());
}

base::Time next_attempt(unsigned failures, const base::Error& error,
                        base::Time now, base::Random& random)
{
    const auto delay = back_off(failures, error);
    const auto next = now + delay + jitter(delay, random);
    return std::max(next, error.retry_at.value_or(next));
}

// A clock that was wrong wrote it, or one that is wrong reads it; what is left
// of the wait nobody can tell. "Now" costs one attempt, whose outcome is
// stored by the present clock, so nothing hammers. A moment relative to `now`
// would move along with it each time this is asked, and never come.
base::Time sane_not_before(base::Time not_before, base::Time now)
{
    return not_before > now + kLongestWait ? now : not_before;
}

}  // namespace schedule
