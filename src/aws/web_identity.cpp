#include "aws/web_identity.h"

#include <algorithm>

#include "aws/profile.h"
#include "aws/service_error.h"
#include "aws/small_file.h"
#include "http/query.h"
#include "http/url.h"

namespace aws {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view kSessionName = "nginx-acme-domain";

bool promising(const base::Result<http::Response>& result)
{
    return !result || is_transient(*result);
}

constexpr http::Patience kPatience{std::chrono::seconds(10), 3, promising};

bool is_region(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

std::string region_of(const Environment& environment)
{
    const auto region = value_of(environment, "AWS_REGION");
    return region.empty() ? value_of(environment, "AWS_DEFAULT_REGION")
                          : region;
}

base::Result<Finding> finding_of(base::Result<http::Response> result)
{
    if (!result) {
        return result.error();
    }
    if (!result->success()) {
        return error_of(*result);
    }
    auto credentials = decode_assumed_role(result->body);
    base::wipe(result->body.data(), result->body.size());
    if (!credentials) {
        return std::move(credentials).error_in("the answer of STS");
    }
    return Finding{std::move(*credentials)};
}

}  // namespace

void WebIdentitySource::look(Done done)
{
    const auto found = settings();
    if (!found || found->token_file.empty()) {
        done(found ? nothing("AWS_WEB_IDENTITY_TOKEN_FILE is not set")
                   : base::Result<Finding>(found.error()));
        return;
    }
    auto made = request(*found);
    if (!made) {
        done(made.error());
        return;
    }
    reach_.network.send(std::move(*made), kPatience,
                        [done = std::move(done)](
                            base::Result<http::Response> result) {
                            done(finding_of(std::move(result)));
                        });
}

base::Result<WebIdentitySource::Settings> WebIdentitySource::settings() const
{
    const auto& environment = reach_.environment;
    Settings named{value_of(environment, "AWS_WEB_IDENTITY_TOKEN_FILE"),
                   value_of(environment, "AWS_ROLE_ARN"),
                   value_of(environment, "AWS_ROLE_SESSION_NAME")};
    if (named.token_file.empty()) {
        const auto config = read_profile(config_place(environment));
        if (!config) {
            return config.error();
        }
        const auto section = config->section.value_or(Section());
        named = {std::string(setting(section, "web_identity_token_file")),
                 std::string(setting(section, "role_arn")),
                 std::string(setting(section, "role_session_name"))};
    }
    if (!named.token_file.empty() && named.role.empty()) {
        return Error{ErrorKind::config,
                     "a token file is named, but no role (AWS_ROLE_ARN)"};
    }
    return named;
}

base::Result<std::string> WebIdentitySource::endpoint() const
{
    const auto& environment = reach_.environment;
    const auto named = value_of(environment, "AWS_ENDPOINT_URL_STS");
    if (!named.empty()) {
        if (auto status = http::check_url(named); !status) {
            return std::move(status).error_in("AWS_ENDPOINT_URL_STS");
        }
        return named.ends_with('/') ? named : named + "/";
    }
    const auto region = region_of(environment);
    if (!is_region(region)) {
        return Error{ErrorKind::config, "AWS_REGION is no region"};
    }
    return "https://sts." + (region.empty() ? "" : region + ".")
           + "amazonaws.com" + (region.starts_with("cn-") ? ".cn/" : "/");
}

// Unsigned: the token is all the proof there is.
base::Result<http::Request> WebIdentitySource::request(
    const Settings& settings) const
{
    const auto url = endpoint();
    if (!url) {
        return url.error();
    }
    // Read each time: whoever put it there renews it.
    const auto token = read_small_file(settings.token_file);
    if (!token) {
        auto error = token.error();
        return std::move(error).in("\"" + settings.token_file + "\"");
    }
    http::Request request;
    request.method = http::Request::Method::post;
    request.url = *url;
    request.headers = {
        {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = http::encode_query(
        {{"Action", "AssumeRoleWithWebIdentity"},
         {"Version", "2011-06-15"},
         {"RoleArn", settings.role},
         {"RoleSessionName", settings.session.empty()
                                 ? std::string(kSessionName)
                                 : settings.session},
         {"WebIdentityToken", std::string(token->bytes.reveal())}});
    return request;
}

}  // namespace aws
