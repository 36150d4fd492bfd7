// What the core needs from the machine it runs on. nginx's adapters implement
// these in the helper process; the unit tests have their own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/time.h"

namespace base {

class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
};

// Not for keys (OpenSSL makes those): for jitter.
class Random {
public:
    virtual ~Random() = default;
    // Uniform in [0, 1).
    virtual double uniform() = 0;
};

// Destroying it before it has fired cancels it.
class Timer {
public:
    virtual ~Timer() = default;
};

class Timers {
public:
    virtual ~Timers() = default;
    // Runs `action` once, `delay` from now, from the event loop: never from
    // within this call. The action may destroy its own timer.
    [[nodiscard]] virtual std::unique_ptr<Timer> after(
        Duration delay, std::function<void()> action) = 0;
};

// nginx's levels, the ones this module uses.
enum class LogLevel { debug, info, notice, warn, error, crit };

class LogSink {
public:
    virtual ~LogSink() = default;
    virtual void write(LogLevel level, std::string_view line) = 0;
};

}  // namespace base
