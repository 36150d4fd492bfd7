#include "aws/container.h"

#include <algorithm>

#include "aws/metadata.h"
#include "aws/small_file.h"
#include "http/url.h"

namespace aws {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view kRelative =
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::string_view kAuthorization =
    "AWS_CONTAINER_AUTHORIZATION_TOKEN";

constexpr std::string_view kHost = "http://169.254.170.2";
// Beside loopback, where plain http is what AWS itself uses.
constexpr std::string_view kPlainHosts[] = {
    "169.254.170.2", "169.254.170.23", "fd00:ec2::23",
};

constexpr http::Patience kPatience{std::chrono::seconds(2), 3,
                                   worth_another_try};

base::Status check_endpoint(const std::string& url)
{
    const bool plain =
        url.starts_with("http://")
        && std::ranges::find(kPlainHosts, http::host_of(url))
            != std::end(kPlainHosts);
    return http::check_url(plain ? "https" + url.substr(4) : url);
}

}  // namespace

void ContainerSource::look(Done done)
{
    auto endpoint = url();
    if (!endpoint || endpoint->empty()) {
        done(endpoint ? nothing(std::string(kRelative) + " is not set")
                      : base::Result<Finding>(endpoint.error()));
        return;
    }
    const auto token = authorization();
    if (!token) {
        done(token.error());
        return;
    }
    http::Request request;
    request.url = std::move(*endpoint);
    request.headers = {{"Accept", "application/json"}};
    if (!token->empty()) {
        request.headers.emplace_back("Authorization", *token);
    }
    reach_.network.send(std::move(request), kPatience,
                        [done = std::move(done)](
                            base::Result<http::Response> result) {
                            done(read_metadata(std::move(result)));
                        });
}

// Empty when there is none.
base::Result<std::string> ContainerSource::url() const
{
    const auto relative = value_of(reach_.environment, kRelative);
    const auto full = value_of(reach_.environment, kFull);
    if (relative.empty() && full.empty()) {
        return std::string();
    }
    if (!relative.empty() && !relative.starts_with('/')) {
        return Error{ErrorKind::config,
                     std::string(kRelative) + " has no \"/\" in front"};
    }
    const auto url = relative.empty() ? full
                                      : std::string(kHost) + relative;
    if (auto status = check_endpoint(url); !status) {
        return std::move(status).error_in(relative.empty() ? kFull
                                                           : kRelative);
    }
    return url;
}

// The file is read each time: whoever put it there renews it.
base::Result<std::string> ContainerSource::authorization() const
{
    const auto variable = std::string(kAuthorization);
    auto token = value_of(reach_.environment, variable);
    const auto path = value_of(reach_.environment, variable + "_FILE");
    if (!path.empty()) {
        auto file = read_small_file(path);
        if (!file) {
            return std::move(file).error_in("\"" + path + "\"");
        }
        token = file->bytes.reveal();
    }
    if (!token.empty() && !http::is_header_value(token)) {
        return Error{ErrorKind::config,
                     "the authorization token has characters that no header "
                     "may have"};
    }
    return token;
}

}  // namespace aws
