// What is counted, for metrics. It lies in shared memory as it is.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/time.h"

namespace status {

// Upper bounds in seconds; one more bucket has no bound.
constexpr unsigned kDurations[] = {5, 10, 30, 60, 300, 900, 3600};

// Of one issuer; written by the helper alone.
struct IssuerCounts {
    std::uint64_t issued = 0;
    std::uint64_t failed = 0;
    // How long it took from the order to the certificate.
    std::array<std::uint64_t, std::size(kDurations) + 1> durations{};
    double seconds = 0;

    void count_issued(base::Duration took);
    void count_failed() { failed++; }
};
static_assert(std::is_trivially_copyable_v<IssuerCounts>);

// What workers count; each kind has a place in WorkerCounts.
enum class Counted : std::uint8_t {
    http_01,
    tls_alpn_01,
    dns_01,
    managed,  // handshakes, by the certificate they got
    static_file,
    placeholder,
};
constexpr std::size_t kCounted = 6;

using WorkerCounts = std::array<std::uint64_t, kCounted>;

}  // namespace status
