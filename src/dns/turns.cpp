#include "dns/turns.h"

#include <utility>

namespace dns {

void Turns::take(const std::string& name, Operation operation)
{
    auto& queue = queues_[name];
    queue.push_back(std::move(operation));
    if (queue.size() == 1) {
        run_first(name);
    }
}

void Turns::run_first(const std::string& name)
{
    // It may finish from within, which takes it off the queue.
    const Operation operation = std::move(queues_[name].front());
    operation([this, name] { finish(name); });
}

void Turns::finish(const std::string& name)
{
    auto& queue = queues_[name];
    queue.pop_front();
    if (queue.empty()) {
        queues_.erase(name);
        return;
    }
    run_first(name);
}

}  // namespace dns
