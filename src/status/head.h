// Head: how a certificate is doing, in a few numbers: what lists are sorted by
// and metrics are made of. It lies in shared memory as it is.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/time.h"

namespace status {

enum class State : std::uint8_t { pending, valid, renewing, failing, expired };

enum class NextAction : std::uint8_t { renew, retry, check };

struct Head {
    State state = State::pending;
    NextAction next_action = NextAction::renew;
    std::uint16_t unused = 0;
    std::uint32_t attempts = 0;  // failures in a row
    // Seconds since 1970, 0 for none.
    std::int64_t not_before = 0;
    std::int64_t not_after = 0;
    std::int64_t next_at = 0;
};
static_assert(std::is_trivially_copyable_v<Head>);
// No byte of it is left to chance: what has not changed compares equal.
static_assert(std::has_unique_object_representations_v<Head>);

std::string_view name_of(State state);
std::string_view name_of(NextAction action);

constexpr State kStates[] = {State::pending, State::valid, State::renewing,
                             State::failing, State::expired};

// Who wrote the head may not have looked since the certificate ended.
State state_at(const Head& head, base::Time now);

// 1 freshly issued ... 0 expired or none.
double share_left(const Head& head, base::Time now);

}  // namespace status
