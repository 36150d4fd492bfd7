#include "base/json.h"

#include <limits>

#include <nlohmann/json.hpp>

namespace base::json {

namespace {

// ACME's deepest object (a problem with subproblems) has four levels.
constexpr int kMaxDepth = 32;

Error bad_member(const char* name, const char* what)
{
    return {ErrorKind::protocol, "\"" + std::string(name) + "\" " + what};
}

// Where the string that began before `at` ends: at its closing quote.
std::size_t end_of_string(std::string_view text, std::size_t at)
{
    while (at < text.size() && text[at] != '"') {
        at += text[at] == '\\' ? 2 : 1;
    }
    return at;
}

// Looked at before parsing, since a deep tree costs a deep stack later on,
// when it is written or copied.
bool too_deep(std::string_view text)
{
    int depth = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"') {
            at = end_of_string(text, at + 1);
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxDepth) {
                return true;
            }
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

const Value* find(const Value& object, const char* name)
{
    const auto member = object.find(name);
    return member == object.end() || member->is_null() ? nullptr : &*member;
}

}  // namespace

Result<Value> parse_object(std::string_view text)
{
    if (too_deep(text)) {
        return Error{ErrorKind::protocol, "JSON nested too deep"};
    }
    Value value = Value::parse(text, nullptr, false);
    if (value.is_discarded()) {
        return Error{ErrorKind::protocol, "no JSON"};
    }
    if (!value.is_object()) {
        return Error{ErrorKind::protocol, "JSON that is no object"};
    }
    return value;
}

std::string dump(const Value& value)
{
    return value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

Result<std::string> get_string(const Value& object, const char* name)
{
    const Value* member = find(object, name);
    if (!member) {
        return bad_member(name, "is missing");
    }
    const auto* text = member->get_ptr<const std::string*>();
    if (!text) {
        return bad_member(name, "is not a string");
    }
    return *text;
}

Result<std::vector<std::string>> get_strings(const Value& object,
                                             const char* name)
{
    const Value* member = find(object, name);
    if (!member) {
        return bad_member(name, "is missing");
    }
    if (!member->is_array()) {
        return bad_member(name, "is not an array");
    }
    std::vector<std::string> strings;
    for (const Value& element : *member) {
        const auto* text = element.get_ptr<const std::string*>();
        if (!text) {
            return bad_member(name, "has an element that is not a string");
        }
        strings.push_back(*text);
    }
    return strings;
}

std::optional<std::string> find_string(const Value& object, const char* name)
{
    const Value* member = find(object, name);
    if (!member || !member->is_string()) {
        return std::nullopt;
    }
    return *member->get_ptr<const std::string*>();
}

std::optional<std::int64_t> find_integer(const Value& object,
                                         const char* name)
{
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    const Value* member = find(object, name);
    if (!member || !member->is_number_integer()) {
        return std::nullopt;
    }
    if (member->is_number_unsigned() && member->get<std::uint64_t>() > kMax) {
        return std::nullopt;
    }
    return member->get<std::int64_t>();
}

std::optional<bool> find_bool(const Value& object, const char* name)
{
    const Value* member = find(object, name);
    if (!member || !member->is_boolean()) {
        return std::nullopt;
    }
    return member->get<bool>();
}

std::vector<std::string> find_strings(const Value& object, const char* name)
{
    std::vector<std::string> strings;
    const Value* array = find_array(object, name);
    if (!array) {
        return strings;
    }
    for (const Value& element : *array) {
        if (const auto* text = element.get_ptr<const std::string*>()) {
            strings.push_back(*text);
        }
    }
    return strings;
}

const Value* find_object(const Value& object, const char* name)
{
    const Value* member = find(object, name);
    return member && member->is_object() ? member : nullptr;
}

const Value* find_array(const Value& object, const char* name)
{
    const Value* member = find(object, name);
    return member && member->is_array() ? member : nullptr;
}

}  // namespace base::json
