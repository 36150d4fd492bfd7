// The files that AWS' tools share: sections in brackets, "name = value" lines.
// They are small and their form is AWS' own (no quoting, indented lines are
// sub-settings), so this reads just that.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace aws {

using Section = std::map<std::string, base::Secret, std::less<>>;

// The section of that name; nothing when there is none. The first value of a
// name counts. A line that is no line of such a file is an Error with its
// number, not with its content: it may be half of a secret.
base::Result<std::optional<Section>> read_section(std::string_view text,
                                                  std::string_view name);

// Empty when it is not set.
std::string_view setting(const Section& section, std::string_view name);

}  // namespace aws
