#include "acme/external_account.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/base64url.h"
#include "base/json.h"
#include "base/text.h"

namespace acme {

base::Result<base::Secret> decode_mac_key(const base::Secret& text)
{
    constexpr std::string_view kSpace = " \t\r\n";
    std::string_view raw = text.reveal();
    raw.remove_prefix(std::min(raw.find_first_not_of(kSpace), raw.size()));
    raw = raw.substr(0, raw.find_last_not_of(kSpace) + 1);
    raw = raw.substr(0, raw.find_last_not_of('=') + 1);
    std::string url_safe(raw);
    for (auto& c : url_safe) {
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    auto decoded = base::base64url_decode(url_safe);
    base::wipe(url_safe.data(), url_safe.size());
    std::string bytes = decoded ? std::move(*decoded) : std::string();
    if (bytes.empty()) {
        return base::Error{base::ErrorKind::config,
                           "the key is not in base64url or base64"};
    }
    base::Secret key(bytes);
    base::wipe(bytes.data(), bytes.size());
    return key;
}

base::Result<crypto::Hash> parse_mac_algorithm(std::string_view name)
{
    if (name == "HS256") {
        return crypto::Hash::sha256;
    }
    if (name == "HS384") {
        return crypto::Hash::sha384;
    }
    if (name == "HS512") {
        return crypto::Hash::sha512;
    }
    return base::Error{base::ErrorKind::config,
                       "unknown algorithm \"" + base::printable(name, 40)
                           + "\", known are HS256, HS384 and HS512"};
}

namespace {

// {"success":false,"error":{"code":2903,"type":"too_many_eab_credentials"}}
base::Error refusal_of(const base::json::Value& answer)
{
    const auto* error = base::json::find_object(answer, "error");
    const auto type = error == nullptr
        ? std::nullopt
        : base::json::find_string(*error, "type");
    return {base::ErrorKind::refused,
            "the service gives no credentials: "
                + base::printable(type.value_or("it does not say why"), 200)};
}

}  // namespace

base::Result<ExternalAccount> decode_credentials(const base::Secret& body)
{
    const auto answer = base::json::parse_object(body.reveal());
    if (!answer) {
        return answer.error();
    }
    const auto kid = base::json::find_string(*answer, "eab_kid");
    const auto text = base::json::find_string(*answer, "eab_hmac_key");
    if (!kid || kid->empty() || !text) {
        return refusal_of(*answer);
    }
    auto key = decode_mac_key(base::Secret(*text));
    if (!key) {
        return key.error();
    }
    return ExternalAccount{*kid, std::move(*key)};
}

}  // namespace acme
