// Port: questions to name servers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dns/message.h"

namespace dns {

class Resolver {
public:
    using Done = std::function<void(base::Result<Message>)>;

    virtual ~Resolver() = default;

    // Asks `servers` ("192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:53"; not
    // by name) one after the other until one answers, over TCP when an answer
    // was cut; without any, the recursive ones of the system, or those that
    // the configuration names. An answer of any rcode is a result, also one
    // that says that there is nothing; no answer is an Error of kind network.
    // Done is called once, never from within this call, and not at all after
    // the resolver was destroyed.
    virtual void ask(const Name& name, Type type,
                     const std::vector<std::string>& servers, Done done) = 0;
};

}  // namespace dns
