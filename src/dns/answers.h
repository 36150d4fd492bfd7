// Questions to recursive name servers, and what their answers say of a name.
#pragma once

#include <functional>

#include "base/result.h"
#include "dns/resolver.h"

namespace dns {

using Answer = base::Result<Message>;

// That there is nothing is an answer; any other "no", such as SERVFAIL, is an
// Error here. All else is as Resolver::ask() has it.
void ask(Resolver& resolver, const Name& name, Type type,
         std::function<void(Answer)> done);

// What is said of the name itself, not of where its aliases lead.
Records select(const Message& message, const Name& name, Type type);

}  // namespace dns
