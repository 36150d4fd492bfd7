// Turns: operations on the same name one after the other, in the order in
// which they were asked for; those on different names at once.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

namespace dns {

class Turns {
public:
    // MUST be called once, when the operation is over.
    using Finish = std::function<void()>;
    using Operation = std::function<void(Finish finish)>;

    // Runs it when its turn has come, perhaps at once.
    void take(const std::string& name, Operation operation);

private:
    void run_first(const std::string& name);
    void finish(const std::string& name);

    // The first of each is under way.
    std::map<std::string, std::deque<Operation>> queues_;
};

}  // namespace dns
