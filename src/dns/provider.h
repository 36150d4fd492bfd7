// Provider: where TXT records are written for dns-01: an API or a server that
// holds the zone.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "dns/name.h"

namespace dns {

struct TxtRecord {
    std::string name;   // lower case, no dot at the end
    std::string value;  // the digest of RFC 8555, section 8.4
};

class Provider {
public:
    using Done = std::function<void(base::Status)>;

    virtual ~Provider() = default;

    // Where the records of a domain are to be for this provider to write them:
    // the operator sets a CNAME that leads there. Empty: at the name itself,
    // or wherever one leads. MUST call `placed` once, possibly from within
    // this call.
    using Placed = std::function<void(base::Result<std::string>)>;
    virtual void place(const std::string&, const Placed& placed)
    {
        placed(std::string());
    }

    // Whether what is written is found by who asks, given the zone that a
    // resolver finds at the place. An error names the record that is missing.
    virtual base::Status check_zone(const Name&) const { return base::ok(); }

    // MUST leave other values at the name in place: a name and its wildcard
    // are proved by two values there. MUST succeed when the value is there
    // already. MUST call `done` once, possibly from within this call, as soon
    // as the provider has taken the record; whether every name server has it
    // is for the caller to find out.
    virtual void add(const TxtRecord& record, Done done) = 0;

    // MUST leave other values in place, MUST succeed when the value is not
    // there, also after a failed or unfinished add() of it: operations on one
    // name take effect in the order of the calls. MUST call `done` as above.
    virtual void remove(const TxtRecord& record, Done done) = 0;

    // Destroying a provider MUST drop what is pending without a word. It MUST
    // NOT happen from within a `done`.
};

}  // namespace dns
