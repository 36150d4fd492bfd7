#include "aws/credentials.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "aws/xml.h"
#include "base/json.h"
#include "base/text.h"

namespace aws {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t kMaxKeyId = 128;   // AWS' own limit
constexpr std::size_t kMaxToken = 16384;

bool is_key_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9') || c == '_';
}

bool is_key_id(std::string_view text)
{
    return !text.empty() && text.size() <= kMaxKeyId
           && std::ranges::all_of(text, is_key_char);
}

bool is_one_word(std::string_view text)
{
    return text.size() <= kMaxToken && std::ranges::all_of(text, [](char c) {
        return c > ' ' && c <= '~';
    });
}

// What both forms have in common once their members are found.
struct Found {
    std::string_view key_id, secret, token, expires;
};

base::Result<Credentials> make_credentials(const Found& found)
{
    const auto expires = base::parse_time(found.expires);
    if (!expires) {
        return Error{ErrorKind::protocol,
                     "the credentials' \"Expiration\" is no time"};
    }
    Credentials credentials{std::string(found.key_id),
                            base::Secret(found.secret),
                            base::Secret(found.token), *expires};
    if (auto status = check(credentials); !status) {
        return status.error();
    }
    return credentials;
}

std::string_view view_of(const std::optional<std::string>& text)
{
    return text ? std::string_view(*text) : std::string_view();
}

}  // namespace

base::Status check(const Credentials& credentials)
{
    if (!is_key_id(credentials.key_id)) {
        return Error{ErrorKind::config,
                     "the access key id is missing or malformed"};
    }
    if (credentials.secret.empty()
        || !is_one_word(credentials.secret.reveal()))
    {
        return Error{ErrorKind::config,
                     "the secret access key is missing or malformed"};
    }
    if (!is_one_word(credentials.session_token.reveal())) {
        return Error{ErrorKind::config, "the session token is malformed"};
    }
    return base::ok();
}

base::Result<Credentials> decode_metadata(std::string_view json)
{
    const auto object = base::json::parse_object(json);
    if (!object) {
        return object.error();
    }
    const auto code = base::json::find_string(*object, "Code");
    if (code && *code != "Success") {
        const auto message = base::json::find_string(*object, "Message");
        return Error{ErrorKind::protocol,
                     base::printable("it says " + *code + " "
                                         + message.value_or(""), 200)};
    }
    const auto key_id = base::json::find_string(*object, "AccessKeyId");
    const auto secret = base::json::find_string(*object, "SecretAccessKey");
    const auto token = base::json::find_string(*object, "Token");
    const auto expires = base::json::find_string(*object, "Expiration");
    return make_credentials({view_of(key_id), view_of(secret),
                             view_of(token), view_of(expires)});
}

base::Result<Credentials> decode_assumed_role(std::string_view xml)
{
    const auto root = parse_xml(xml);
    if (!root) {
        return root.error();
    }
    const auto member = [&root](std::string_view name) {
        return text_at(*root, {"AssumeRoleWithWebIdentityResult",
                               "Credentials", name});
    };
    return make_credentials({member("AccessKeyId"), member("SecretAccessKey"),
                             member("SessionToken"), member("Expiration")});
}

}  // namespace aws
