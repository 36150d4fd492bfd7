// Pace: how long to wait between two looks at something the CA is working on,
// and how often to repeat a request that got no good answer.
#pragma once

#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "http/message.h"

namespace acme {

class Pace {
public:
    // The CA's Retry-After when it gave one; else 100 ms, doubling at each
    // call up to 30 s: most CAs are done at the first or second look.
    base::Duration next(const http::Response& response, base::Time now);

    // For a lost or 5xx answer: 1 s, 2 s, 4 s ... (the CA's Retry-After wins
    // upward); nothing after kMaxRepeats in a row.
    static constexpr unsigned kMaxRepeats = 4;
    std::optional<base::Duration> repeat(
        std::optional<base::Duration> retry_after);

    // A good answer came.
    void succeeded() { repeats_ = 0; }

    // Whether it was waited for longer than an hour, not counting the minutes
    // and more that the CA has asked for in one go.
    bool worn_out(base::Time now) const;

private:
    base::Duration delay_{0};
    unsigned repeats_ = 0;
    std::optional<base::Time> since_;
    base::Duration asked_{0};
};

// How long an Error says to wait; nothing when it does not say.
std::optional<base::Duration> delay_of(const base::Error& error,
                                       base::Time now);

}  // namespace acme
