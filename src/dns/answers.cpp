#include "dns/answers.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dns {

void ask(Resolver& resolver, const Name& name, Type type,
         std::function<void(Answer)> done)
{
    resolver.ask(name, type, {}, [name, done = std::move(done)](Answer answer) {
        if (!answer) {
            done(answer.error());
            return;
        }
        const auto rcode = answer->header.rcode;
        if (rcode != Rcode::no_error && rcode != Rcode::no_such_name) {
            done(base::Error{base::ErrorKind::protocol,
                             "the resolver says " + to_text(rcode) + " about "
                                 + name.to_text()});
            return;
        }
        done(std::move(answer));
    });
}

Records select(const Message& message, const Name& name, Type type)
{
    Records selected;
    std::ranges::copy_if(message.answers, std::back_inserter(selected),
                         [&](const Record& record) {
                             return record.type == type && record.name == name;
                         });
    return selected;
}

}  // namespace dns
