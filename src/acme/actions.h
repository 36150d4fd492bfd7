// What an Issuance asks its owner to do, and the names under which the owner
// reports what became of it.
#pragma once

#include <compare>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "acme/objects.h"
#include "base/identifier.h"
#include "base/result.h"
#include "base/time.h"

namespace acme {

// One conversation within an order. Each authorization has its own, so that
// they proceed in parallel.
struct Exchange {
    enum class Subject { order, authorization };

    Subject subject = Subject::order;
    std::size_t index = 0;  // which authorization

    auto operator<=>(const Exchange&) const = default;
};

// Sign and send; report with on_response() or on_failure().
struct Send {
    Exchange exchange;
    std::string url;
    std::string payload;  // empty: POST-as-GET
    std::string accept;   // empty: whatever
    std::size_t max_body;
    bool repeatable = true;  // as in http::Request
};

// Report with on_elapsed() after the delay.
struct Wait {
    Exchange exchange;
    base::Duration delay;
    // Before a request is repeated; else the CA is at work.
    bool in_trouble = false;
};

// Make the answer to a challenge visible; report with on_presented().
struct Present {
    Exchange exchange;
    base::Identifier identifier;
    Challenge challenge;
};

// Take it away again; nothing to report.
struct Withdraw {
    base::Identifier identifier;
    std::string type;
    std::string token;
};

// Write the order's URL to disk before going on; nothing to report.
struct Remember {
    std::string order_url;
};

// The order that was to be resumed is of no use: take its URL off the disk
// before another one is placed; nothing to report.
struct Forget {};

// Sign and send, whatever the answer (deactivation of what is left over).
struct Discard {
    std::string url;
    std::string payload;
};

// The certificate, as the CA sent it, not yet judged: the default chain, and
// alternates if they were asked for.
struct Issued {
    std::vector<std::string> chains;  // PEM
};

// To be told; nothing to report.
struct Warn {
    std::string text;
};

struct Failed {
    base::Error error;
    // The order may still be finished by a later attempt: keep its URL.
    bool order_usable = false;
    // The type of the challenge that it failed by, if it was one.
    std::string challenge = {};
};

using Action = std::variant<Send, Wait, Present, Withdraw, Remember, Forget,
                            Discard, Warn, Issued, Failed>;
using Actions = std::vector<Action>;

// Puts `more` at the end of `actions`.
inline void append(Actions& actions, Actions more)
{
    for (auto& action : more) {
        actions.push_back(std::move(action));
    }
}

}  // namespace acme
