#include "dns/server_address.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/identifier.h"
#include "base/text.h"

namespace dns {

namespace {

struct Parts {
    std::string_view host;
    std::optional<std::string_view> port;
};

// One colon, or one behind brackets, stands before a port.
Parts split(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == text.npos
        || (text.find(':') != colon && text.substr(0, colon).back() != ']'))
    {
        return {text, std::nullopt};
    }
    return {text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc() || rest != end || port == 0) {
        return std::nullopt;
    }
    return port;
}

}  // namespace

std::string ServerAddress::to_text() const
{
    const auto host = v6() ? "[" + address + "]" : address;
    return host + ":" + std::to_string(port);
}

base::Result<ServerAddress> parse_server_address(std::string_view text)
{
    const auto parts = split(text);
    const auto host = base::parse_identifier(parts.host);
    const auto port = parts.port ? parse_port(*parts.port) : 53;
    if (!host || host->type != base::Identifier::Type::ip || !port) {
        return base::Error{base::ErrorKind::config,
                           "\"" + base::printable(text, 100)
                               + "\" is not the address of a name server: an "
                                 "IP address, with a port behind a colon or "
                                 "without"};
    }
    return ServerAddress{host->value, *port};
}

}  // namespace dns
