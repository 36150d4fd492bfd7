#include "status/head.h"

#include <algorithm>

namespace status {

namespace {

std::int64_t seconds(base::Time time)
{
    return std::chrono::floor<std::chrono::seconds>(time)
        .time_since_epoch()
        .count();
}

}  // namespace

std::string_view name_of(State state)
{
    switch (state) {
    case State::valid:
        return "valid";
    case State::renewing:
        return "renewing";
    case State::failing:
        return "failing";
    case State::expired:
        return "expired";
    case State::pending:
        break;
    }
    return "pending";
}

std::string_view name_of(NextAction action)
{
    switch (action) {
    case NextAction::retry:
        return "retry";
    case NextAction::check:
        return "check";
    case NextAction::renew:
        break;
    }
    return "renew";
}

State state_at(const Head& head, base::Time now)
{
    const bool ended = head.not_after != 0 && head.not_after <= seconds(now);
    return ended ? State::expired : head.state;
}

double share_left(const Head& head, base::Time now)
{
    const auto lifetime = double(head.not_after - head.not_before);
    if (lifetime <= 0) {
        return 0;
    }
    return std::clamp(double(head.not_after - seconds(now)) / lifetime, 0.0,
                      1.0);
}

}  // namespace status
