// What takes several questions to recursive name servers. Each calls back
// once, never from within, and not after the resolver was destroyed.
#pragma once

#include <functional>

#include "dns/rdata.h"
#include "dns/resolver.h"

namespace dns {

// A zone, and what its SOA record says.
struct Apex {
    Name zone;
    Soa soa;
};
using ApexFound = std::function<void(base::Result<Apex>)>;

// The zone that `name` is in: the name itself or the nearest one above it
// that has a SOA record. Aliases are not followed.
void find_apex(Resolver& resolver, const Name& name, const ApexFound& found);

}  // namespace dns
