// base::Processes: programs started by the helper, on nginx's event loop.
// nginx's own handler of SIGCHLD would collect every child's status before it
// could be asked for: reset_child_signal() must have been called.
#pragma once

#include "nginx/ngx.h"

#include <list>
#include <memory>
#include <string>

#include <sys/types.h>

#include "base/ports.h"
#include "base/processes.h"

namespace event {

// Once, when the process that spawns begins.
void reset_child_signal();

class Spawner : public base::Processes {
public:
    explicit Spawner(base::Timers& timers) : timers_(timers) {}
    ~Spawner() override;

    std::string run(Program program, Done done) override;
    bool is_running(const std::string& identity) const override;
    void kill(const std::string& identity) override;

private:
    struct Child {
        Spawner& owner;
        std::string name;
        Done done;
        pid_t pid = -1;
        ngx_connection_t* output = nullptr;
        std::string text = {};
        bool too_long = false;
        std::unique_ptr<base::Timer> limit = {};
        std::unique_ptr<base::Timer> collection = {};
    };

    static void on_output(ngx_event_t* event) noexcept;

    base::Status start(Child& child, Program& program);
    bool watch(Child& child, int fd);
    bool read(Child& child);
    void collect(Child& child);
    void finish(Child& child, base::Result<End> result);
    void close_output(Child& child);

    base::Timers& timers_;
    std::list<Child> children_;
};

}  // namespace event
