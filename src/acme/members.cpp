#include "acme/members.h"

#include <nlohmann/json.hpp>

#include "http/url.h"

namespace acme {

namespace {

namespace json = base::json;
using json::Value;

constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxSubproblems = 100;

constexpr Named<base::Identifier::Type> kIdentifierTypes[] = {
    {"dns", base::Identifier::Type::dns},
    {"ip", base::Identifier::Type::ip},
};

std::string text_of(const Value& object, const char* name)
{
    return json::find_string(object, name).value_or("");
}

Subproblem to_subproblem(const Value& object)
{
    Subproblem subproblem{text_of(object, "type"), text_of(object, "detail"),
                          {}};
    if (const Value* identifier = json::find_object(object, "identifier")) {
        subproblem.identifier = text_of(*identifier, "value");
    }
    return subproblem;
}

std::vector<Subproblem> find_subproblems(const Value& object)
{
    std::vector<Subproblem> subproblems;
    const Value* array = json::find_array(object, "subproblems");
    if (!array) {
        return subproblems;
    }
    for (const Value& element : *array) {
        if (element.is_object() && subproblems.size() < kMaxSubproblems) {
            subproblems.push_back(to_subproblem(element));
        }
    }
    return subproblems;
}

}  // namespace

base::Error bad_member(const char* name, std::string_view why)
{
    return {base::ErrorKind::protocol,
            "\"" + std::string(name) + "\" " + std::string(why)};
}

base::Status check_url(std::string_view url, const char* name)
{
    if (url.size() > kMaxUrl) {
        return bad_member(name, "is too long");
    }
    if (auto status = http::check_url(url); !status) {
        return bad_member(name, "is of no use: " + status.error().message);
    }
    return base::ok();
}

base::Result<std::string> get_url(const Value& object, const char* name)
{
    auto url = json::get_string(object, name);
    if (!url) {
        return url;
    }
    if (auto status = check_url(*url, name); !status) {
        return status.error();
    }
    return url;
}

std::string find_url(const Value& object, const char* name)
{
    auto url = get_url(object, name);
    return url ? *url : std::string();
}

std::optional<base::Time> find_time(const Value& object, const char* name)
{
    const auto time = base::parse_time(text_of(object, name));
    return time ? std::optional(*time) : std::nullopt;
}

base::Result<base::Identifier> to_identifier(const Value& object)
{
    const auto type = get_named(object, "type", kIdentifierTypes);
    if (!type) {
        return type.error();
    }
    const auto value = json::get_string(object, "value");
    if (!value) {
        return value.error();
    }
    auto identifier = base::parse_identifier(*value);
    if (!identifier || identifier->type != *type) {
        return bad_member("value", "is no name of its type: \""
                                       + base::printable(*value, 256) + "\"");
    }
    return identifier;
}

// RFC 7807 has a "title", too: it must do where no detail is given.
std::optional<Problem> to_problem(const Value& object)
{
    Problem problem{text_of(object, "type"), text_of(object, "detail"),
                    text_of(object, "instance"), find_subproblems(object)};
    if (problem.detail.empty()) {
        problem.detail = text_of(object, "title");
    }
    if (problem.type.empty() && problem.detail.empty()) {
        return std::nullopt;
    }
    return problem;
}

std::optional<Problem> find_problem(const Value& object, const char* name)
{
    const Value* problem = json::find_object(object, name);
    return problem ? to_problem(*problem) : std::nullopt;
}

}  // namespace acme
