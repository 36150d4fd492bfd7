// JSON that somebody else wrote, and the readers of its members.

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz.h"

namespace {

namespace json = base::json;

int depth_of(const json::Value& value)
{
    int depth = 0;
    for (const auto& element : value) {
        depth = std::max(depth, element.is_structured() ? depth_of(element)
                                                        : 0);
    }
    return depth + 1;
}

void read_member(const json::Value& object, const char* name)
{
    const auto text = json::get_string(object, name);
    const auto texts = json::get_strings(object, name);
    const auto found = json::find_string(object, name);
    fuzz::require(found.has_value() == bool(text),
                  "a string is one for both of its readers");
    if (texts) {
        fuzz::require(json::find_strings(object, name) == *texts,
                      "strings are the same for both of their readers");
    }
    const int kinds = bool(text) + json::find_integer(object, name).has_value()
                      + json::find_bool(object, name).has_value()
                      + (json::find_object(object, name) != nullptr)
                      + (json::find_array(object, name) != nullptr);
    fuzz::require(kinds <= 1, "a member is of one type");
}

}  // namespace

FUZZ_TARGET(json)
{
    const auto object = json::parse_object(input);
    if (!object) {
        fuzz::require_printable(object.error().message);
        return;
    }
    fuzz::require(depth_of(*object) <= 32, "it is not deep");
    for (const auto& [name, value] : object->items()) {
        read_member(*object, name.c_str());
    }
    const auto again = json::parse_object(json::dump(*object));
    fuzz::require(again && *again == *object,
                  "it is the same after it was written");
}
