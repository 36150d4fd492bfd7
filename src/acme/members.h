// Members of RFC 8555's JSON objects that occur in more than one of them. For
// the codec alone.
#pragma once

#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "acme/problem.h"
#include "base/identifier.h"
#include "base/json.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"

namespace acme {

// More than any CA allows; an object with more is not worth the work.
constexpr std::size_t kMaxIdentifiers = 100;

base::Error bad_member(const char* name, std::string_view why);

// A URL of that member, fit to be followed.
base::Status check_url(std::string_view url, const char* name);
base::Result<std::string> get_url(const base::json::Value& object,
                                  const char* name);
// Optional, so that a bad one is as good as none: empty.
std::string find_url(const base::json::Value& object, const char* name);

std::optional<base::Time> find_time(const base::json::Value& object,
                                    const char* name);

// {"type":"dns","value":"a.example"}
base::Result<base::Identifier> to_identifier(
    const base::json::Value& object);

std::optional<Problem> to_problem(const base::json::Value& object);
std::optional<Problem> find_problem(const base::json::Value& object,
                                    const char* name);

// A member whose text is the name of an enumerator, by a table of both.
template <typename Table>
auto get_named(const base::json::Value& object, const char* name,
               const Table& table)
    -> base::Result<decltype(std::begin(table)->value)>
{
    auto text = base::json::get_string(object, name);
    if (!text) {
        return text.error();
    }
    for (const auto& entry : table) {
        if (*text == entry.name) {
            return entry.value;
        }
    }
    return bad_member(name, "is \"" + base::printable(*text, 64)
                                + "\", which is unknown");
}

template <typename Enumerator>
struct Named {
    std::string_view name;
    Enumerator value;
};

}  // namespace acme
