// ZoneFinder: which of a provider's zones a name is in: the longest that is
// the name or ends it, found by asking for each candidate in turn.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/ports.h"
#include "base/result.h"

namespace dns {

struct Zone {
    std::string name;
    std::string id;
};

class ZoneFinder {
public:
    // The id of the zone of exactly that name; nothing when there is none.
    using Answer =
        std::function<void(base::Result<std::optional<std::string>>)>;
    using Ask = std::function<void(const std::string& name, Answer answer)>;
    using Found = std::function<void(base::Result<Zone>)>;

    ZoneFinder(Ask ask, base::Clock& clock)
        : ask_(std::move(ask)), clock_(clock)
    {}

    // Calls back once, perhaps from within. No zone at all is an Error of
    // kind config. Answers are kept for kKept.
    void find(const std::string& name, Found found);

    // What was answered does not hold any more.
    void forget() { known_.clear(); }

    static constexpr base::Duration kKept = std::chrono::hours(1);

private:
    struct Known {
        std::optional<std::string> id;
        base::Time since;
    };

    void step(const std::string& candidate, const Found& found);
    void decide(const std::string& candidate,
                const std::optional<std::string>& id, const Found& found);
    const Known* recall(const std::string& candidate);

    Ask ask_;
    base::Clock& clock_;
    std::map<std::string, Known> known_;
};

}  // namespace dns
