// Policy: what to do when. Pure functions of what is known and the time.
#pragma once

#include "base/ports.h"
#include "base/result.h"
#include "base/time.h"

namespace schedule {

struct Validity {
    base::Time not_before;
    base::Time not_after;
};

// When a certificate should be renewed: one third of its lifetime left, half
// for lifetimes under ten days (Let's Encrypt's integration guide).
base::Time renewal_time(const Validity& validity);

// When the CA has suggested that moment (RFC 9773): then, but before the last
// twentieth of its lifetime, whatever the CA suggests, and not so soon after it
// was issued that a CA in error would be asked for one after the other.
base::Time renewal_time(const Validity& validity, base::Time suggested);

// 1 freshly issued ... 0 expired; what the queue is ordered by.
double share_left(const Validity& validity, base::Time now);

// What is on disk before the CA is asked for something new holds the next
// attempt back for this long: a helper that dies on the answer is replaced at
// once, and would order again and again.
constexpr base::Duration kMark = std::chrono::minutes(1);

// When the next attempt is allowed after the `failures`-th failure in a row
// (counted from 1): 1 min, 10 min, 100 min, then daily, each with up to a
// tenth of jitter added; an Error that repeating does not help (refused) is
// daily at once; the other side's retry_at wins when it is later.
base::Time next_attempt(unsigned failures, const base::Error& error,
                        base::Time now, base::Random& random);

// A stored "not before" that a stepped clock has put absurdly far away: no
// wait this module decides on is longer than a week and a bit.
base::Time sane_not_before(base::Time not_before, base::Time now);

}  // namespace schedule
