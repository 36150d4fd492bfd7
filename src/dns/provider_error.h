// What a provider's failure is told as.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "dns/provider.h"
#include "http/message.h"

namespace dns {

// Calls `done` with the same; an Error has what was being done before it.
Provider::Done saying(const std::string& doing, Provider::Done done);

// Of an answer over HTTP that is not what was asked for: "HTTP 403: " and what
// the provider said, printable and bounded; without its own words (HTML of a
// load balancer) the content type. Kind: refused for 401 and 403, rate_limited
// for 429 (retry_at from Retry-After), protocol for the rest.
base::Error provider_error(const http::Response& response,
                           std::string_view said, base::Time now);

}  // namespace dns
