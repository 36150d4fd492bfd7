// Characters that XML writes as "&...;".
#pragma once

#include <string>
#include <string_view>

namespace aws {

// What stands between "&" and ";" as UTF-8: one of the five that XML itself
// has, or a number. Empty for all else.
std::string decode_entity(std::string_view name);

// Fit to stand between two tags.
std::string escape_xml(std::string_view text);

}  // namespace aws
