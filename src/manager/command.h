// Command: what the operator wants done about a certificate, out of turn.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace manager {

enum class Action {
    renew,     // order a new certificate now
    rehearse,  // the same at the CA's staging twin, and throw it away
    retry,     // forget failures and what they hold back
    revoke,    // at the CA, and order another one
};

std::string_view name_of(Action action);
std::optional<Action> parse_action(std::string_view name);

// A reason for revocation, by its name or number in RFC 5280, section 5.3.1;
// empty is "unspecified". Those that only a CA may give are errors.
base::Result<int> parse_reason(std::string_view text);

struct Command {
    std::string id;  // of the certificate
    Action action = Action::renew;
    int reason = 0;  // of a revocation

    bool operator==(const Command&) const = default;
};

// From the workers to the helper. The same command given twice is one.
class CommandQueue {
public:
    virtual ~CommandQueue() = default;
    // False when there is no room.
    virtual bool add(const Command& command) = 0;
    // Grows with every command that is added: one load tells whether there
    // are new ones.
    virtual unsigned long long generation() = 0;
    virtual std::vector<Command> all() = 0;
    virtual void remove(const Command& command) = 0;
};

}  // namespace manager
