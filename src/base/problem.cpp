#include "base/problem.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace base {

namespace {

using json::Value;

constexpr std::size_t kMaxText = 1000;
constexpr std::size_t kMaxSubproblems = 10;

void put(Value& object, const char* name, const std::string& text)
{
    if (!text.empty()) {
        object[name] = printable(text, kMaxText);
    }
}

std::string text_of(const Value& object, const char* name)
{
    return json::find_string(object, name).value_or("");
}

Value encode(const Subproblem& subproblem)
{
    Value object = Value::object();
    put(object, "type", subproblem.type);
    put(object, "detail", subproblem.detail);
    put(object, "identifier", subproblem.identifier);
    return object;
}

}  // namespace

Value encode(const Problem& problem)
{
    Value object = Value::object();
    put(object, "type", problem.type);
    put(object, "detail", problem.detail);
    put(object, "url", problem.instance);
    for (const auto& subproblem : problem.subproblems) {
        auto& all = object["subproblems"];
        if (all.size() < kMaxSubproblems) {
            all.push_back(encode(subproblem));
        }
    }
    return object;
}

Problem decode_problem(const Value& object)
{
    Problem problem{text_of(object, "type"), text_of(object, "detail"),
                    text_of(object, "url"), {}};
    const Value* all = json::find_array(object, "subproblems");
    for (std::size_t i = 0; all != nullptr && i < all->size(); i++) {
        const auto& each = (*all)[i];
        if (each.is_object() && i < kMaxSubproblems) {
            problem.subproblems.push_back({text_of(each, "type"),
                                           text_of(each, "detail"),
                                           text_of(each, "identifier")});
        }
    }
    return problem;
}

}  // namespace base
