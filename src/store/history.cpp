#include "store/history.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace store {

namespace {

using base::json::Value;

constexpr std::int64_t kVersion = 1;

// All of them must fit the file (kMaxHistory), whatever they say.
constexpr std::size_t kMaxText = 320;
constexpr std::size_t kMaxWhat = 40;

base::Error malformed(std::string message)
{
    return {base::ErrorKind::storage, std::move(message)};
}

void read(const Value& object, History& history)
{
    using base::json::find_string;
    if (!object.is_object()) {
        return;
    }
    const auto at = base::parse_time(find_string(object, "at").value_or(""));
    auto what = find_string(object, "event");
    if (at && what) {
        append(history, {*at, std::move(*what),
                         find_string(object, "text").value_or("")});
    }
}

}  // namespace

void append(History& history, Event event)
{
    history.push_back(std::move(event));
    if (history.size() > kMaxEvents) {
        history.erase(history.begin(),
                      history.end() - std::ptrdiff_t(kMaxEvents));
    }
}

Value to_json(const Event& event)
{
    return {{"at", base::format_time(event.at)},
            {"event", base::printable(event.what, kMaxWhat)},
            {"text", base::printable(event.text, kMaxText)}};
}

base::Secret encode(const History& history)
{
    Value events = Value::array();
    for (const auto& event : history) {
        events.push_back(to_json(event));
    }
    return base::Secret(base::json::dump(
        {{"version", kVersion}, {"events", std::move(events)}}));
}

base::Result<History> decode_history(std::string_view text)
{
    auto record = base::json::parse_object(text);
    if (!record) {
        return malformed(record.error().message);
    }
    const auto version = base::json::find_integer(*record, "version");
    if (!version || *version != kVersion) {
        return malformed("its version is not " + std::to_string(kVersion));
    }
    const Value* events = base::json::find_array(*record, "events");
    if (events == nullptr) {
        return malformed("it has no events");
    }
    History history;
    for (const auto& event : *events) {
        read(event, history);
    }
    return history;
}

}  // namespace store
