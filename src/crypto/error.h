// OpenSSL's error queue, turned into Errors and left empty.
#pragma once

#include <string_view>

#include "base/result.h"

namespace crypto {

// An Error of kind crypto: `doing`, then what OpenSSL queued last (its reason
// text only). Empties the queue.
base::Error openssl_error(std::string_view doing);

// Empties the queue when a scope ends: what stays in it would be reported by
// nginx as somebody else's request's failure.
class ErrorQueueGuard {
public:
    ErrorQueueGuard() = default;
    ~ErrorQueueGuard();
    ErrorQueueGuard(const ErrorQueueGuard&) = delete;
    ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

}  // namespace crypto
