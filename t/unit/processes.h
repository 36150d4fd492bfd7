// Programs that run as long as the test wants.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/processes.h"

namespace processes_test {

class Processes : public base::Processes {
public:
    std::string run(Program program, Done done) override
    {
        programs.push_back(std::move(program));
        done_ = std::move(done);
        return "program " + std::to_string(programs.size());
    }

    bool is_running(const std::string& identity) const override
    {
        return others.contains(identity);
    }

    void kill(const std::string& identity) override { others.erase(identity); }

    // The last one.
    void end(base::Result<End> result)
    {
        auto done = std::move(done_);
        done(std::move(result));
    }

    std::vector<Program> programs;
    std::set<std::string> others;  // started by another process, running

private:
    Done done_;
};

}  // namespace processes_test
