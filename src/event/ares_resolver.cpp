#include "event/ares_resolver.h"

#include <utility>

namespace event {

AresResolver::AresResolver(base::Timers& timers,
                           std::vector<std::string> recursive)
    : timers_(timers), recursive_(std::move(recursive))
{}

void AresResolver::ask(const dns::Name& name, dns::Type type,
                       const std::vector<std::string>& servers, Done done)
{
    const unsigned number = ++last_;
    auto& question = questions_[number];
    question = std::make_unique<AresQuestion>(
        timers_, [this, number, done = std::move(done)](
                     base::Result<dns::Message> answer) {
            questions_.erase(number);
            // It may destroy the resolver.
            done(std::move(answer));
        });
    const bool recursive = servers.empty();
    question->ask(name, type, {recursive ? recursive_ : servers, recursive});
}

}  // namespace event
