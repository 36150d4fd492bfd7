// Repeater: sends requests by way of a client of its own, with less patience
// for one answer than the client has, and more for several.
#pragma once

#include <map>
#include <memory>

#include "base/ports.h"
#include "http/client.h"

namespace http {

struct Patience {
    base::Duration limit;  // for the answer to one try
    unsigned tries = 1;
    // Whether another try may well do better. Never called after the last.
    bool (*promising)(const base::Result<Response>& result) = nullptr;
};

class Repeater {
public:
    Repeater(std::unique_ptr<Client> client, base::Timers& timers,
             base::Random& random);

    // Completes as a Client does, with what the last try brought; no answer
    // within the limit is an Error of kind network. Between two tries it
    // waits 1 s, 2 s, 4 s ... with up to half of jitter added.
    void send(Request request, const Patience& patience,
              Completion completion);

private:
    struct Exchange {
        Request request;
        Patience patience;
        Completion completion;
        unsigned tries = 0;
        std::unique_ptr<base::Timer> timer = nullptr;
    };

    void try_now(Exchange exchange);
    void on_result(unsigned ticket, base::Result<Response> result);
    void try_later(Exchange exchange);

    std::unique_ptr<Client> client_;
    base::Timers& timers_;
    base::Random& random_;
    // Each try and each wait has a ticket of its own, so that an answer which
    // comes too late finds nothing.
    std::map<unsigned, Exchange> exchanges_;
    unsigned last_ticket_ = 0;
};

}  // namespace http
