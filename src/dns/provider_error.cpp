#include "dns/provider_error.h"

#include <utility>

#include "base/text.h"
#include "http/retry_after.h"

namespace dns {

namespace {

constexpr std::size_t kMaxSaid = 500;

base::ErrorKind kind_of(int status)
{
    switch (status) {
    case 401:
    case 403:
        return base::ErrorKind::refused;
    case 429:
        return base::ErrorKind::rate_limited;
    default:
        return base::ErrorKind::protocol;
    }
}

}  // namespace

Provider::Done saying(const std::string& doing, Provider::Done done)
{
    return [doing, done = std::move(done)](base::Status status) {
        done(status ? std::move(status)
                    : base::Status(std::move(status).error_in(doing)));
    };
}

base::Error provider_error(const http::Response& response,
                           std::string_view said, base::Time now)
{
    std::string text = "HTTP " + std::to_string(response.status);
    if (said.empty()) {
        const auto type = http::find_header(response, "Content-Type");
        text += (type ? " (" + *type + ")" : "") + " without an explanation";
    } else {
        text.append(": ").append(said);
    }
    return {kind_of(response.status), base::printable(text, kMaxSaid),
            http::retry_after(response, now)};
}

}  // namespace dns
