// Port: the board, where the answers to http-01 challenges are published for
// the workers.
#pragma once

#include <string>
#include <string_view>

#include "base/identifier.h"
#include "base/result.h"

namespace challenge {

struct Answer {
    std::string token;
    std::string key_authorization;
    base::Identifier identifier;
};

class Board {
public:
    virtual ~Board() = default;
    // Visible to every worker when this returns. The same token and
    // identifier again replaces the answer. A full board is an Error.
    virtual base::Status publish(const Answer& answer) = 0;
    virtual void withdraw(const Answer& answer) = 0;
    virtual void withdraw_all() = 0;
};

}  // namespace challenge
