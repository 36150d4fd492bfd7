// Responses that are not what was asked for, and the nonces of all.

#include "acme/pace.h"
#include "acme/problem.h"
#include "acme/session.h"
#include "http/retry_after.h"
#include "message.h"

namespace {

acme::Session new_session()
{
    auto key = crypto::PrivateKey::generate(crypto::KeyType::ecdsa_256);
    fuzz::require(bool(key), "a key can be made");
    return {std::move(*key), "fuzz"};
}

void read_nonce(const http::Response& response)
{
    static acme::Session session = new_session();
    session.observe(response, fuzz::kNow);
    fuzz::require(session.nonces(fuzz::kNow) <= 32, "nonces are bounded");
}

}  // namespace

FUZZ_TARGET(problem)
{
    fuzz::Input rest(input);
    const auto response = fuzz::read_response(rest);
    const auto error = acme::error_of(response, fuzz::kNow);
    fuzz::require(error.message.size() <= 1200, "a message is bounded");
    fuzz::require_printable(error.message);
    if (const auto delay = acme::delay_of(error, fuzz::kNow)) {
        fuzz::require(*delay >= base::Duration(0)
                          && *delay <= http::kMaxRetryAfter,
                      "a delay is neither in the past nor for ever");
    }
    if (const auto problem = acme::problem_of(response)) {
        fuzz::require_printable(acme::error_of(*problem).message);
    }
    if (response.status == 429) {
        fuzz::require(acme::is_transient(response)
                          && error.kind == base::ErrorKind::rate_limited,
                      "429 is a rate limit");
    }
    read_nonce(response);
}
