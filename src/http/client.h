// Port: sends requests to one server, keeping its connections alive.
#pragma once

#include <functional>

#include "base/result.h"
#include "http/message.h"

namespace http {

using Completion = std::function<void(base::Result<Response>)>;

class Client {
public:
    virtual ~Client() = default;
    // Completes once, from the event loop, never from within this call.
    // Errors are of kind network (no usable answer) or protocol (body too
    // long). Destroying the client drops what is pending without a word.
    virtual void send(Request request, Completion completion) = 0;
};

}  // namespace http
