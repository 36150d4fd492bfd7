#include "status/detail.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"

namespace status {

namespace {

using base::json::Value;

// A sentence may quote a CA at length; the problem says it whole.
constexpr std::size_t kMaxText = 1500;
constexpr std::size_t kBriefText = 300;

void put(Value& object, const char* name, const std::string& text)
{
    if (!text.empty()) {
        object[name] = base::printable(text, kMaxText);
    }
}

void put(Value& object, const char* name, const std::vector<std::string>& all)
{
    for (const auto& text : all) {
        object[name].push_back(base::printable(text, kMaxText));
    }
}

// The members of the problem beside ours; without one, the sentence is the
// detail. A brief one is the sentence alone.
Value to_json(const Remark& remark, bool brief)
{
    Value object = remark.problem && !brief ? base::encode(*remark.problem)
                                            : Value::object();
    const auto text =
        base::printable(remark.text, brief ? kBriefText : kMaxText);
    object["at"] = base::format_time(remark.at);
    object["message"] = text;
    if (!object.contains("detail")) {
        object["detail"] = text;
    }
    return object;
}

// The latest first, as many as there is room for.
Value events_within(const store::History& history, std::size_t room)
{
    Value events = Value::array();
    for (auto event = history.rbegin(); event != history.rend(); ++event) {
        Value object = store::to_json(*event);
        const auto size = base::json::dump(object).size() + 1;
        if (size > room) {
            break;
        }
        room -= size;
        events.push_back(std::move(object));
    }
    return events;
}

Value to_json(const store::Renewal::Suggestion& suggestion)
{
    Value object{{"start", base::format_time(suggestion.start)},
                 {"end", base::format_time(suggestion.end)},
                 {"at", base::format_time(suggestion.at)}};
    put(object, "explanation_url", suggestion.explanation_url);
    return object;
}

Value to_json(const Deployment& deployment, bool brief)
{
    Value object{{"name", deployment.name},
                 {"state", deployment.last_error ? "failing"
                           : deployment.pending  ? "pending"
                                                 : "done"}};
    if (deployment.done_at) {
        object["done_at"] = base::format_time(*deployment.done_at);
    }
    if (deployment.last_error) {
        object["last_error"] = to_json(*deployment.last_error, brief);
    }
    if (deployment.next_at) {
        object["next_at"] = base::format_time(*deployment.next_at);
    }
    return object;
}

// All but the history.
Value to_json(const Detail& detail, bool brief)
{
    Value object = Value::object();
    const auto put_remark = [&](const char* name, const auto& remark) {
        if (remark) {
            object[name] = to_json(*remark, brief);
        }
    };
    put(object, "issuer", detail.issuer);
    put(object, "serial", detail.serial);
    put(object, "sha256", detail.sha256);
    put(object, "chain", detail.chain);
    put(object, "activity", detail.activity);
    put(object, "challenge", detail.challenge);
    if (detail.suggestion) {
        object["renewal_info"] = to_json(*detail.suggestion);
    }
    for (const auto& deployment : detail.deployments) {
        object["deployments"].push_back(to_json(deployment, brief));
    }
    put_remark("last_error", detail.last_error);
    put_remark("warning", detail.warning);
    put_remark("rehearsal", detail.rehearsal);
    if (detail.rehearsal) {
        object["rehearsal"]["passed"] = detail.rehearsed_well;
    }
    return object;
}

}  // namespace

std::string encode(const Detail& detail, std::size_t limit)
{
    constexpr std::size_t kFrame = sizeof(R"(,"history":[])");
    for (const bool brief : {false, true}) {
        Value object = to_json(detail, brief);
        const auto size = base::json::dump(object).size() + kFrame;
        if (size < limit) {
            object["history"] = events_within(detail.history, limit - size);
            return base::json::dump(object);
        }
    }
    Detail least;
    least.last_error = detail.last_error;
    return base::json::dump(to_json(least, true));
}

}  // namespace status
