#include "aws/instance.h"

#include <algorithm>

#include "aws/metadata.h"
#include "base/identifier.h"
#include "http/url.h"

namespace aws {

namespace {

constexpr std::string_view kAddress = "http://169.254.169.254";
constexpr std::string_view kRoles =
    "/latest/meta-data/iam/security-credentials/";

// Away from EC2 nobody answers there, and in a container at a hop limit of 1
// the answer does not arrive: that has to be found out quickly.
constexpr http::Patience kFirst{std::chrono::seconds(1)};
constexpr http::Patience kFurther{std::chrono::seconds(1), 3,
                                  worth_another_try};

// Of an IAM role's name.
bool is_role(std::string_view name)
{
    constexpr std::string_view kOthers = "_+=,.@-";
    return !name.empty() && name.size() <= 64
           && std::ranges::all_of(name, [&](char c) {
                  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                         || (c >= '0' && c <= '9')
                         || kOthers.find(c) != kOthers.npos;
              });
}

base::Result<std::string> address(const Environment& environment)
{
    auto named = value_of(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (named.empty()) {
        return std::string(kAddress);
    }
    // The address of IPv6 is plain http, too, and is named by this variable.
    const bool plain = named.starts_with("http://[fd00:ec2::254]");
    if (auto status = http::check_url(plain ? "https" + named.substr(4)
                                            : named);
        !status)
    {
        return std::move(status).error_in(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    }
    if (named.ends_with('/')) {
        named.pop_back();
    }
    return named;
}

}  // namespace

void InstanceSource::look(Done done)
{
    const auto& environment = reach_.environment;
    if (base::to_lower(value_of(environment, "AWS_EC2_METADATA_DISABLED"))
        == "true")
    {
        done(nothing("AWS_EC2_METADATA_DISABLED is set"));
        return;
    }
    auto base_url = address(environment);
    if (!base_url) {
        done(base_url.error());
        return;
    }
    fetch_token({std::move(*base_url), "", std::move(done)});
}

void InstanceSource::fetch_token(const Look& look)
{
    http::Request request;
    request.method = http::Request::Method::put;
    request.url = look.base_url + "/latest/api/token";
    request.headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}};
    reach_.network.send(std::move(request), kFirst,
                        [this, look](base::Result<http::Response> result) {
                            if (!result) {
                                look.done(result.error());
                                return;
                            }
                            on_token(look, *result);
                        });
}

void InstanceSource::on_token(Look look, const http::Response& response)
{
    if (!response.success() || !http::is_header_value(response.body)) {
        look.done(metadata_error(response).in("asking for a token"));
        return;
    }
    look.token = response.body;
    fetch_role(look);
}

void InstanceSource::fetch_role(const Look& look)
{
    get(look, std::string(kRoles),
        [this, look](base::Result<http::Response> result) {
            if (!result) {
                look.done(result.error());
                return;
            }
            on_role(look, *result);
        });
}

void InstanceSource::on_role(Look look, const http::Response& response)
{
    if (response.status == 401 && !look.token_refused) {
        look.token_refused = true;
        fetch_token(look);
        return;
    }
    if (response.status == 404) {
        look.done(nothing("this instance has no role"));
        return;
    }
    const auto role = response.body.substr(0, response.body.find('\n'));
    if (!response.success() || !is_role(role)) {
        look.done(metadata_error(response).in("asking for the role"));
        return;
    }
    get(look, std::string(kRoles) + role,
        [done = look.done](base::Result<http::Response> result) {
            done(read_metadata(std::move(result)));
        });
}

void InstanceSource::get(const Look& look, const std::string& path,
                         http::Completion completion)
{
    http::Request request;
    request.url = look.base_url + path;
    request.headers = {{"x-aws-ec2-metadata-token", look.token}};
    reach_.network.send(std::move(request), kFurther, std::move(completion));
}

}  // namespace aws
