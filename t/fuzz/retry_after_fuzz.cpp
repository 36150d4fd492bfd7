// Retry-After, at an ordinary time and near the ends of the calendar.

#include "fuzz.h"
#include "http/retry_after.h"

FUZZ_TARGET(retry_after)
{
    using namespace std::chrono;
    const http::Response response{503, {{"retry-after", std::string(input)}},
                                  ""};
    for (const base::Time now :
         {fuzz::kNow, base::Time(), base::Time(sys_days(year(9999) / 12 / 31)),
          fuzz::kNow - milliseconds(1)})
    {
        const auto moment = http::retry_after(response, now);
        fuzz::require(!moment
                          || (*moment >= now
                              && *moment <= now + http::kMaxRetryAfter),
                      "it is neither in the past nor for ever");
    }
}
