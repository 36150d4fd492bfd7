#include "deploy/target.h"

#include <algorithm>
#include <iterator>

namespace deploy {

std::string_view to_string(Event event)
{
    switch (event) {
    case Event::issued:
        return "issued";
    case Event::renewed:
        return "renewed";
    case Event::expiring:
        return "expiring";
    case Event::failed:
        return "failed";
    case Event::revoked:
        return "revoked";
    }
    return "";
}

std::optional<Event> parse_event(std::string_view text)
{
    const auto found = std::ranges::find(kEvents, text, to_string);
    return found == std::end(kEvents) ? std::nullopt : std::optional(*found);
}

}  // namespace deploy
