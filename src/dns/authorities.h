// The name servers of a zone. As in lookups.h, each function calls back once,
// never from within, and not after the resolver was destroyed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dns/resolver.h"

namespace dns {

// All addresses, IPv4 before IPv6; an Error when there are none.
using Addresses = std::vector<std::string>;
using AddressesFound = std::function<void(base::Result<Addresses>)>;
void find_addresses(Resolver& resolver, const Name& host,
                    const AddressesFound& found);

// One of the name servers of a zone; those with several addresses come as
// several.
struct Authority {
    Name host;
    std::string address;

    // "ns2.example (192.0.2.7)"
    std::string to_text() const;
};
using Authorities = std::vector<Authority>;
using AuthoritiesFound = std::function<void(base::Result<Authorities>)>;

// Hosts without an address are left out; an Error when nothing is left.
void find_authorities(Resolver& resolver, const Name& zone,
                      const AuthoritiesFound& found);

}  // namespace dns
