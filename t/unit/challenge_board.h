// A board in memory.
#pragma once

#include <map>
#include <string>

#include "challenge/board.h"

namespace challenge_test {

class Board : public challenge::Board {
public:
    base::Status publish(const std::string& place,
                         std::string_view what) override
    {
        if (full) {
            return base::Error{base::ErrorKind::internal, "no room"};
        }
        content[place] = what;
        return base::ok();
    }

    void withdraw(const std::string& place) override { content.erase(place); }

    void withdraw_all() override { content.clear(); }

    bool full = false;
    std::map<std::string, std::string> content;  // by place
};

}  // namespace challenge_test
