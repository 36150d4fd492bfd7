// Port: programs of the operator's, run beside this process.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace base {

class Processes {
public:
    struct Program {
        std::string name;                      // in messages
        std::vector<std::string> arguments;    // the first is its path
        std::vector<std::string> environment;  // "NAME=value", nothing else
        Duration limit;  // it is killed, with its children, after this
    };
    struct End {
        int code = 0;        // as a shell has it: 128 + N for signal N
        std::string output;  // the first kilobytes of stdout and stderr
    };
    using Done = std::function<void(Result<End>)>;

    virtual ~Processes() = default;

    // Gives what is_running() knows it by, also in another process; empty when
    // it could not be started. Done is called once, from the event loop, never
    // from within this call, and not at all after this was destroyed. A program
    // that cannot be started, or that ran too long, is an Error that names it.
    virtual std::string run(Program program, Done done) = 0;

    // Whether a program goes on that another process has started.
    virtual bool is_running(const std::string& identity) const = 0;

    // Kills it, with its children.
    virtual void kill(const std::string& identity) = 0;
};

}  // namespace base
