// What AWS says when it does not do what was asked: in XML (Route 53, STS) or
// JSON (ACM).
#pragma once

#include <string>

#include "base/result.h"
#include "http/message.h"

namespace aws {

struct ServiceError {
    std::string code;  // "Throttling"; empty when it is not AWS who speaks
    std::string message;
};

ServiceError service_error_of(const http::Response& response);

// Whether it was not even looked at, there being too many.
bool is_throttled(const http::Response& response);

// Whether the same request may well succeed a little later: throttled, or a
// server in trouble.
bool is_transient(const http::Response& response);

// "HTTP 403 AccessDenied - ...", printable and bounded. Kind: rate_limited
// when throttled; protocol for 5xx and for what AWS has not written; refused
// for the rest.
base::Error error_of(const http::Response& response);

}  // namespace aws
