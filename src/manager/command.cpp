#include "manager/command.h"

#include <algorithm>
#include <iterator>

namespace manager {

namespace {

struct Name {
    std::string_view name;
    Action action;
};

constexpr Name kActions[] = {
    {"renew", Action::renew},
    {"rehearse", Action::rehearse},
    {"retry", Action::retry},
    {"revoke", Action::revoke},
};

struct Reason {
    std::string_view name;
    int number;
};

constexpr Reason kReasons[] = {
    {"unspecified", 0},          {"keyCompromise", 1},
    {"affiliationChanged", 3},   {"superseded", 4},
    {"cessationOfOperation", 5},
};

}  // namespace

std::string_view name_of(Action action)
{
    return std::ranges::find(kActions, action, &Name::action)->name;
}

std::optional<Action> parse_action(std::string_view name)
{
    const auto* found = std::ranges::find(kActions, name, &Name::name);
    return found == std::end(kActions) ? std::nullopt
                                       : std::optional(found->action);
}

base::Result<int> parse_reason(std::string_view text)
{
    if (text.empty()) {
        return 0;
    }
    for (const auto& reason : kReasons) {
        if (text == reason.name || text == std::to_string(reason.number)) {
            return reason.number;
        }
    }
    return base::Error{base::ErrorKind::config,
                       "the reason is unknown; known are \"unspecified\", "
                       "\"keyCompromise\", \"affiliationChanged\", "
                       "\"superseded\" and \"cessationOfOperation\""};
}

}  // namespace manager
