// Identifier: what a certificate is for, in RFC 8555's sense (section 9.7.7),
// and the rules a name must keep before a CA is bothered with it.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace base {

struct Identifier {
    enum class Type { dns, ip };

    Type type = Type::dns;
    // dns: lower case, no trailing dot, "*." in front of a wildcard.
    // ip: the text form of RFC 5952.
    std::string value;

    bool wildcard() const { return value.starts_with("*."); }

    auto operator<=>(const Identifier&) const = default;
};

using Identifiers = std::vector<Identifier>;

// Takes a name as people write it (any case, trailing dot, "*." in front, an
// IP literal with or without brackets) and gives its canonical form. Errors
// say what is wrong with the name, without repeating it.
Result<Identifier> parse_identifier(std::string_view text);

// ASCII lower case: DNS names have no other.
std::string to_lower(std::string_view text);

// "a.example, b.example"
std::string join(const Identifiers& identifiers);

}  // namespace base
