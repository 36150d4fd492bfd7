#include "dns/acme_dns_registration.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "http/message.h"

namespace dns {

namespace json = base::json;

base::Secret encode(const AcmeDnsRegistration& registration)
{
    std::string text = json::dump(
        {{"fulldomain", registration.fulldomain},
         {"subdomain", registration.subdomain},
         {"username", registration.username},
         {"password", std::string(registration.password.reveal())}});
    base::Secret encoded(text);
    base::wipe(text.data(), text.size());
    return encoded;
}

base::Result<AcmeDnsRegistration> decode_registration(std::string_view text)
{
    const auto object = json::parse_object(text);
    if (!object) {
        return object.error();
    }
    for (const auto* name :
         {"fulldomain", "subdomain", "username", "password"})
    {
        const auto member = json::get_string(*object, name);
        if (!member) {
            return member.error();
        }
        if (!http::is_header_value(*member)) {
            return base::Error{base::ErrorKind::protocol,
                               "\"" + std::string(name) + "\" is malformed"};
        }
    }
    return AcmeDnsRegistration{
        *json::find_string(*object, "fulldomain"),
        *json::find_string(*object, "subdomain"),
        *json::find_string(*object, "username"),
        base::Secret(*json::find_string(*object, "password"))};
}

}  // namespace dns
