// What takes several questions to recursive name servers. Each calls back
// once, never from within, and not after the resolver was destroyed.
#pragma once

#include <functional>

#include "dns/rdata.h"
#include "dns/resolver.h"

namespace dns {

using NameFound = std::function<void(base::Result<Name>)>;

// Where the CNAMEs that begin at `name` end: there itself when there is none,
// whether the name exists or not. A loop, or a chain of more than ten, is an
// Error of kind config that shows the way.
void follow_aliases(Resolver& resolver, const Name& name,
                    const NameFound& found);

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
