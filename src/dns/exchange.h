// Port: one DNS message to a server over TCP, and its answer. For messages
// that are whole already, such as signed ones; a Resolver asks questions.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "dns/server_address.h"

namespace dns {

class Exchange {
public:
    using Done = std::function<void(base::Result<std::string>)>;

    virtual ~Exchange() = default;

    // Gives the answer's bytes, whatever they are; none within a time limit
    // is an Error of kind network. Done is called once, never from within
    // this call, and not at all after the exchange was destroyed.
    virtual void send(const ServerAddress& server, const std::string& message,
                      Done done) = 0;
};

}  // namespace dns
