#include "dns/exec.h"

#include <utility>

#include "base/text.h"

namespace dns {

namespace {

// What it printed, without the end of its last line.
std::string last_words(std::string output)
{
    output.erase(output.find_last_not_of(" \r\n") + 1);
    return output.empty() ? "it printed nothing" : base::printable(output);
}

// The program and, when that runs another one, which. What else is given to it
// may be secret.
std::string shown(const std::vector<std::string>& command,
                  const std::string& action)
{
    std::string text;
    for (const auto& argument : command) {
        if (argument.starts_with('/')) {
            text += argument + " ";
        }
    }
    return text + action;
}

}  // namespace

void Exec::add(const TxtRecord& record, Done done)
{
    enqueue({"add", record, std::move(done)});
}

void Exec::remove(const TxtRecord& record, Done done)
{
    enqueue({"remove", record, std::move(done)});
}

// One at a time: programs of this kind seldom think of a second one.
void Exec::enqueue(Task task)
{
    tasks_.push_back(std::move(task));
    if (tasks_.size() == 1) {
        begin();
    }
}

void Exec::begin()
{
    const auto& task = tasks_.front();
    base::Processes::Program program;
    program.name = shown(command_, task.action);
    program.arguments = command_;
    for (const auto& argument :
         {task.action, task.record.name, task.record.value})
    {
        program.arguments.push_back(argument);
    }
    program.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
                           "/usr/bin:/sbin:/bin",
                           "ACME_ACTION=" + task.action,
                           "ACME_NAME=" + task.record.name,
                           "ACME_VALUE=" + task.record.value};
    program.limit = limit_;
    processes_.run(std::move(program),
                   [this](auto end) { on_end(std::move(end)); });
}

void Exec::on_end(base::Result<base::Processes::End> end)
{
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    if (!tasks_.empty()) {
        begin();
    }
    if (!end) {
        task.done(end.error());
        return;
    }
    if (end->code != 0) {
        task.done(base::Error{base::ErrorKind::protocol,
                              "\"" + shown(command_, task.action)
                                  + "\" exited with "
                                  + std::to_string(end->code) + ": "
                                  + last_words(end->output)});
        return;
    }
    task.done(base::ok());
}

}  // namespace dns
