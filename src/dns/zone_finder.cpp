#include "dns/zone_finder.h"

#include <utility>

namespace dns {

namespace {

// Without the first label; empty for a name of one label, since nobody's zone
// is a top-level domain.
std::string parent_of(const std::string& name)
{
    const auto dot = name.find('.');
    const auto rest = dot == name.npos ? std::string()
                                       : name.substr(dot + 1);
    return rest.find('.') == rest.npos ? std::string() : rest;
}

}  // namespace

void ZoneFinder::find(const std::string& name, Found found)
{
    step(name, [name, found = std::move(found)](base::Result<Zone> zone) {
        if (!zone) {
            found(std::move(zone).error_in("looking for the zone of " + name));
            return;
        }
        found(std::move(zone));
    });
}

void ZoneFinder::step(const std::string& candidate, const Found& found)
{
    if (candidate.empty()) {
        found(base::Error{base::ErrorKind::config,
                          "these credentials show no zone that it is in"});
        return;
    }
    if (const auto* known = recall(candidate)) {
        decide(candidate, known->id, found);
        return;
    }
    ask_(candidate, [this, candidate, found](
                        base::Result<std::optional<std::string>> id) {
        if (!id) {
            found(id.error());
            return;
        }
        known_[candidate] = {*id, clock_.now()};
        decide(candidate, *id, found);
    });
}

void ZoneFinder::decide(const std::string& candidate,
                        const std::optional<std::string>& id,
                        const Found& found)
{
    if (id) {
        found(Zone{candidate, *id});
        return;
    }
    step(parent_of(candidate), found);
}

const ZoneFinder::Known* ZoneFinder::recall(const std::string& candidate)
{
    const auto known = known_.find(candidate);
    if (known == known_.end()) {
        return nullptr;
    }
    const auto age = clock_.now() - known->second.since;
    if (age < kKept && age >= base::Duration(0)) {
        return &known->second;
    }
    known_.erase(known);
    return nullptr;
}

}  // namespace dns
