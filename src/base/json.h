// Reading JSON that somebody else wrote: nothing here throws, a missing or
// mistyped member is an Error that names it, an unknown one is passed over
// (RFC 8555, 7.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace base::json {

using Value = nlohmann::json;

// Parses an object; text that is no JSON, or JSON that is no object, is an
// Error. Depth is bounded.
Result<Value> parse_object(std::string_view text);

// Compact text; bytes that are no UTF-8 are replaced, never thrown at.
std::string dump(const Value& value);

// Required members.
Result<std::string> get_string(const Value& object, const char* name);
Result<std::vector<std::string>> get_strings(const Value& object,
                                             const char* name);

// Optional members: absent, null or of another type gives nothing.
std::optional<std::string> find_string(const Value& object, const char* name);
std::optional<std::int64_t> find_integer(const Value& object,
                                         const char* name);
std::optional<bool> find_bool(const Value& object, const char* name);
std::vector<std::string> find_strings(const Value& object, const char* name);
const Value* find_object(const Value& object, const char* name);
const Value* find_array(const Value& object, const char* name);

}  // namespace base::json
