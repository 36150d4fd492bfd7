#include "dns/lookups.h"

#include <utility>

#include "dns/answers.h"

namespace dns {

namespace {

base::Error config_error(std::string message)
{
    return {base::ErrorKind::config, std::move(message)};
}

void climb(Resolver& resolver, const Name& name, const Name& candidate,
           const ApexFound& found)
{
    const auto doing = "looking for the zone of " + name.to_text();
    // A name below no zone at all: the root's zone is nobody's.
    if (candidate.is_root()) {
        found(config_error(doing + ": no name above it has a SOA record"));
        return;
    }
    ask(resolver, candidate, Type::soa, [=, &resolver](Answer answer) {
        if (!answer) {
            found(std::move(answer).error_in(doing));
            return;
        }
        const auto records = select(*answer, candidate, Type::soa);
        if (records.empty()) {
            climb(resolver, name, candidate.parent(), found);
            return;
        }
        auto soa = read_soa(records.front());
        if (!soa) {
            found(std::move(soa).error_in(doing));
            return;
        }
        found(Apex{candidate, *std::move(soa)});
    });
}

}  // namespace

void find_apex(Resolver& resolver, const Name& name, const ApexFound& found)
{
    climb(resolver, name, name, found);
}

}  // namespace dns
