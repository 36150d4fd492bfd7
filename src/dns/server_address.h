// ServerAddress: where a name server listens: an IP address and a port. Names
// are not enough: somebody would have to be asked for their addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dns {

struct ServerAddress {
    std::string address;  // as RFC 5952 writes it, without brackets
    std::uint16_t port = 53;

    bool v6() const { return address.find(':') != address.npos; }
    // "192.0.2.1:53", "[2001:db8::1]:53"
    std::string to_text() const;

    bool operator==(const ServerAddress&) const = default;
};

// Takes both without the port, too, and an IPv6 address without brackets.
// Errors are of kind config.
base::Result<ServerAddress> parse_server_address(std::string_view text);

}  // namespace dns
