// CAA: which CAs may issue for a name (RFC 8659), by which account and by which
// challenge (RFC 8657). CAs obey it; who looks first learns it without an
// order.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/identifier.h"
#include "base/result.h"
#include "dns/rdata.h"
#include "dns/resolver.h"

namespace dns {

// The relevant resource record set (RFC 8659, section 3): that of the name, or
// of the nearest name above it that has one. Empty: there is none.
struct CaaSet {
    Name name;  // where it is
    std::vector<Caa> records;
};
using CaaFound = std::function<void(base::Result<CaaSet>)>;

// As in lookups.h: calls back once, never from within, and not after the
// resolver was destroyed. What cannot be looked up is an Error: it is one for
// the CA, too.
void find_caa(Resolver& resolver, const Name& name, const CaaFound& found);

// Who wants to issue, and how.
struct CaaRequest {
    base::Identifier identifier;
    std::vector<std::string> issuers;  // what the CA is called in records
    std::string account;               // its URL
    std::string method;                // "http-01"
};

// Whether the set lets it: the Error, of kind refused, says what to change.
// A CA that does not say what it is called is not judged.
base::Status judge_caa(const CaaSet& set, const CaaRequest& request);

}  // namespace dns
