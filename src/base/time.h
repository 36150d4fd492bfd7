// Points in time are wall clock (certificates, Retry-After and back-off are
// all told in it); durations are milliseconds, the event loop's unit.
#pragma once

#include <chrono>

namespace base {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

}  // namespace base
