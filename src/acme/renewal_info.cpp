#include "acme/renewal_info.h"

#include <nlohmann/json.hpp>

#include "acme/members.h"
#include "base/base64url.h"

namespace acme {

namespace {

constexpr std::size_t kMaxUrl = 1024;

base::Error malformed(std::string_view why)
{
    return base::Error{base::ErrorKind::protocol, std::string(why)}.in(
        "renewal information");
}

}  // namespace

base::Result<RenewalInfo> decode_renewal_info(std::string_view body)
{
    const auto object = base::json::parse_object(body);
    if (!object) {
        return malformed(object.error().message);
    }
    const auto* window = base::json::find_object(*object, "suggestedWindow");
    if (window == nullptr) {
        return malformed("\"suggestedWindow\" is missing");
    }
    const auto start = find_time(*window, "start");
    const auto end = find_time(*window, "end");
    if (!start || !end) {
        return malformed("\"suggestedWindow\" has no start or no end");
    }
    if (*end <= *start) {
        return malformed("\"suggestedWindow\" ends before it starts");
    }
    auto url = base::json::find_string(*object, "explanationURL");
    return RenewalInfo{*start, *end,
                       base::printable(url.value_or(""), kMaxUrl)};
}

std::string renewal_id(const crypto::Certificate& certificate)
{
    const auto key = certificate.authority_key_id();
    const auto serial = certificate.serial_bytes();
    if (key.empty() || serial.empty()) {
        return {};
    }
    return base::base64url_encode(key) + "." + base::base64url_encode(serial);
}

std::string renewal_url(std::string_view resource, std::string_view id)
{
    std::string url(resource);
    if (!url.ends_with('/')) {
        url += '/';
    }
    return url.append(id);
}

}  // namespace acme
