// Problem documents (RFC 7807, RFC 8555 section 6.7) and what they mean for
// the schedule.
#pragma once

#include <optional>

#include "base/problem.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"

namespace acme {

using base::Problem;
using base::Subproblem;

// Whether the type is "urn:ietf:params:acme:error:<name>".
bool is(const Problem& problem, const char* name);

// Whether the response is a problem of that type.
bool is_problem(const http::Response& response, const char* name);

// The problem a response carries; nothing when its body is no such document
// (HTML of a load balancer, empty).
std::optional<Problem> problem_of(const http::Response& response);

// Whether the same request may well succeed a little later: 5xx, a rate limit,
// a nonce refused once too often.
bool is_transient(const http::Response& response);

// A response that is not what was asked for, as an Error that says all the CA
// said: "HTTP 403 urn:ietf:params:acme:error:unauthorized - detail (a.example:
// ...; see https://...)", printable and bounded. Kind: rate_limited for 429,
// 503 with Retry-After and the rateLimited type; refused for the types and
// statuses of which design.md section 7 says "daily" (rejectedIdentifier, caa,
// unsupportedIdentifier, invalidProfile, userActionRequired,
// externalAccountRequired, badCSR, ...) and for an account that may not
// act; protocol for the rest. retry_at from Retry-After. It carries
// the problem itself, too.
base::Error error_of(const http::Response& response, base::Time now);

// The same for a problem found inside an order, authorization or challenge.
base::Error error_of(const Problem& problem);

}  // namespace acme
