#include "dns/lookups.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "dns/answers.h"

namespace dns {

namespace {

constexpr std::size_t kMaxAliases = 10;

base::Error config_error(std::string message)
{
    return {base::ErrorKind::config, std::move(message)};
}

// --- aliases ---------------------------------------------------------------

using Chain = std::vector<Name>;

std::string to_text(const Chain& chain)
{
    std::string text;
    for (const auto& name : chain) {
        text += (text.empty() ? "" : " -> ") + name.to_text();
    }
    return text;
}

// The same chain when this was its end.
base::Result<Chain> extend(Chain chain, const Answer& answer)
{
    if (!answer) {
        return answer.error();
    }
    const auto aliases = select(*answer, chain.back(), Type::cname);
    if (aliases.empty()) {
        return chain;
    }
    const auto target = read_target(aliases.front());
    if (!target) {
        return target.error();
    }
    const bool seen = std::ranges::find(chain, *target) != chain.end();
    chain.push_back(*target);
    if (seen) {
        return config_error("the CNAMEs lead in a circle: " + to_text(chain));
    }
    if (chain.size() > kMaxAliases + 1) {
        return config_error("too many CNAMEs: " + to_text(chain));
    }
    return chain;
}

void follow(Resolver& resolver, const Chain& chain, const NameFound& found)
{
    ask(resolver, chain.back(), Type::cname,
        [&resolver, chain, found](const Answer& answer) {
            auto longer = extend(chain, answer);
            if (!longer) {
                found(std::move(longer).error_in("following the CNAME of "
                                                 + chain[0].to_text()));
            } else if (longer->size() == chain.size()) {
                found(chain.back());
            } else {
                follow(resolver, *longer, found);
            }
        });
}

// --- zones -----------------------------------------------------------------

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

void follow_aliases(Resolver& resolver, const Name& name,
                    const NameFound& found)
{
    follow(resolver, {name}, found);
}

void find_apex(Resolver& resolver, const Name& name, const ApexFound& found)
{
    climb(resolver, name, name, found);
}

}  // namespace dns
