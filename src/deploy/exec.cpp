#include "deploy/exec.h"

#include <utility>

#include "base/text.h"

namespace deploy {

namespace {

using base::Error;
using base::ErrorKind;

constexpr base::Duration kLook = std::chrono::seconds(1);

// What it printed, without the end of its last line.
std::string last_words(std::string output)
{
    output.erase(output.find_last_not_of(" \r\n") + 1);
    return base::printable(output);
}

std::vector<std::string> environment_of(const Delivery& delivery)
{
    std::string names;
    for (const auto& name : delivery.names) {
        names += (names.empty() ? "" : " ") + name.value;
    }
    std::vector<std::string> environment = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "ACME_EVENT=" + std::string(to_string(delivery.event)),
        "ACME_ID=" + delivery.id,
        "ACME_NAMES=" + names,
        "ACME_ISSUER=" + delivery.issuer,
        "RENEWED_DOMAINS=" + names};
    if (delivery.bundle) {
        const auto& leaf = delivery.bundle->chain.front();
        environment.push_back("ACME_SERIAL=" + leaf.serial());
        environment.push_back("ACME_NOT_AFTER="
                              + base::format_time(leaf.not_after()));
        environment.push_back("ACME_SHA256=" + leaf.fingerprint());
        environment.push_back("ACME_BUNDLE=" + delivery.file);
    }
    if (!delivery.directory.empty()) {
        environment.push_back("ACME_DIRECTORY=" + delivery.directory);
        environment.push_back("RENEWED_LINEAGE=" + delivery.directory);
    }
    if (!delivery.error.empty()) {
        environment.push_back("ACME_ERROR=" + base::printable(delivery.error));
    }
    return environment;
}

}  // namespace

void Exec::deliver(const Delivery& delivery, Done done)
{
    await(delivery, std::move(done), base::Duration(0));
}

// It has had its time, too.
void Exec::await(Delivery delivery, Done done, base::Duration waited)
{
    if (!processes_.is_running(delivery.memory)) {
        run(delivery, std::move(done));
        return;
    }
    if (waited >= settings_.limit) {
        processes_.kill(delivery.memory);
    }
    auto& timer = waiting_[delivery.id];
    timer = timers_.after(
        kLook, [this, delivery = std::move(delivery), done = std::move(done),
                waited] { await(delivery, done, waited + kLook); });
}

void Exec::run(const Delivery& delivery, Done done)
{
    base::Processes::Program program;
    program.name = settings_.command.front();
    program.arguments = settings_.command;
    program.environment = environment_of(delivery);
    program.limit = settings_.limit;
    const auto identity = processes_.run(
        std::move(program), [this, delivery, done = std::move(done)](
                                const base::Result<base::Processes::End>& end) {
            on_end(delivery, end, done);
        });
    if (const auto saved = delivery.remember(identity); !saved) {
        log_.write(base::LogLevel::warn,
                   saved.error().message
                       + "; after a reload \"" + settings_.command.front()
                       + "\" may be run a second time at once");
    }
}

void Exec::on_end(const Delivery& delivery,
                  const base::Result<base::Processes::End>& end,
                  const Done& done)
{
    const auto& path = settings_.command.front();
    if (!end) {
        done(end.error());
        return;
    }
    const auto words = last_words(end->output);
    if (end->code != 0) {
        done(Error{ErrorKind::protocol,
                   "\"" + path + "\" exited with "
                       + std::to_string(end->code) + ": "
                       + (words.empty() ? "it printed nothing" : words)});
        return;
    }
    if (!words.empty()) {
        log_.write(base::LogLevel::info, "\"" + path + "\" said: " + words
                                             + ", certificate \""
                                             + delivery.id + "\"");
    }
    done("\"" + path + "\" was told \""
         + std::string(to_string(delivery.event)) + "\"");
}

}  // namespace deploy
