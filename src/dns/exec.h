// Exec: TXT records written by a program of the operator's, which is called
// with the arguments "add" or "remove", the record's name and its value. 0 is
// success; what it prints is told when it is not.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/processes.h"
#include "dns/provider.h"

namespace dns {

class Exec : public Provider {
public:
    // The command is a path and perhaps first arguments.
    Exec(std::vector<std::string> command, base::Duration limit,
         base::Processes& processes)
        : command_(std::move(command)), limit_(limit), processes_(processes)
    {}

    void add(const TxtRecord& record, Done done) override;
    void remove(const TxtRecord& record, Done done) override;

private:
    struct Task {
        std::string action;
        TxtRecord record;
        Done done;
    };

    void enqueue(Task task);
    void begin();
    void on_end(base::Result<base::Processes::End> end);

    std::vector<std::string> command_;
    base::Duration limit_;
    base::Processes& processes_;
    std::deque<Task> tasks_;  // the first is running
};

}  // namespace dns
