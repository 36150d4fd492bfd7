// The style and the script of the status page.
#pragma once

#include <string_view>

namespace status {

extern const std::string_view kStyle;
extern const std::string_view kScript;

}  // namespace status
