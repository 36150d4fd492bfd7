#include "dns/cloudflare_answer.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace dns {

namespace {

namespace json = base::json;

constexpr std::size_t kMaxComplaints = 5;
constexpr int kTtl = 120;  // s; the least that a token of any plan may set
constexpr std::size_t kMaxId = 64;

// What goes into a URL is an id, or nothing.
std::string id_of(const json::Value& object)
{
    auto id = json::find_string(object, "id").value_or("");
    const bool good =
        id.size() <= kMaxId && std::ranges::all_of(id, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                   || (c >= 'A' && c <= 'Z');
        });
    return good ? id : std::string();
}

// Content is quoted in records that this module makes, and not in some that
// were made elsewhere.
std::string unquoted(const std::string& text)
{
    const bool quoted = text.size() >= 2 && text.starts_with('"')
                        && text.ends_with('"');
    return quoted ? text.substr(1, text.size() - 2) : text;
}

void add_item(CloudflareAnswer& answer, const json::Value& object)
{
    auto id = id_of(object);
    if (!id.empty()) {
        answer.items.push_back(
            {std::move(id), json::find_string(object, "name").value_or(""),
             unquoted(json::find_string(object, "content").value_or(""))});
    }
}

void add_complaints(CloudflareAnswer& answer, const json::Value& object,
                    const char* name)
{
    const auto* list = json::find_array(object, name);
    if (list == nullptr) {
        return;
    }
    for (const auto& each : *list) {
        if (answer.complaints.size() == kMaxComplaints) {
            return;
        }
        answer.complaints.push_back(
            {json::find_integer(each, "code").value_or(0),
             json::find_string(each, "message").value_or("")});
        add_complaints(answer, each, "error_chain");
    }
}

}  // namespace

bool CloudflareAnswer::complains_of(std::int64_t code) const
{
    return std::ranges::find(complaints, code, &Complaint::code)
           != complaints.end();
}

std::string CloudflareAnswer::words() const
{
    std::string text;
    for (const auto& each : complaints) {
        text.append(text.empty() ? "" : ", ").append(each.message);
        text.append(" (").append(std::to_string(each.code)).append(")");
    }
    return text;
}

std::optional<CloudflareAnswer> read_cloudflare(
    const http::Response& response)
{
    const auto envelope = json::parse_object(response.body);
    if (!envelope) {
        return std::nullopt;
    }
    const auto success = json::find_bool(*envelope, "success");
    if (!success) {
        return std::nullopt;
    }
    CloudflareAnswer answer;
    answer.success = *success;
    add_complaints(answer, *envelope, "errors");
    if (const auto* object = json::find_object(*envelope, "result")) {
        add_item(answer, *object);
    }
    if (const auto* list = json::find_array(*envelope, "result")) {
        for (const auto& each : *list) {
            add_item(answer, each);
        }
    }
    return answer;
}

std::string encode_cloudflare(const TxtRecord& record)
{
    return json::dump({{"type", "TXT"},
                       {"name", record.name},
                       {"content", "\"" + record.value + "\""},
                       {"ttl", kTtl}});
}

}  // namespace dns
