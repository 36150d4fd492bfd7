// Pieces of HTML. Whatever comes from a configuration or a CA goes through
// here, so that it is text and nothing else.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace status {

// As text, or within a quoted attribute.
std::string escape(std::string_view text);

// As a part of a path or a value of a query.
std::string percent_encode(std::string_view text);

// A link to what the CA named, if it is https, else the text.
std::string link(std::string_view url);

// "2027-02-21 07:06", exact for machines and when it is pointed at.
std::string time(base::Time time);

// "in 61 d" or "4 h ago", likewise.
std::string relative_time(base::Time time, base::Time now);

// `<tag>text</tag>`, the text escaped; nothing when it is empty.
std::string element(std::string_view tag, std::string_view text);

}  // namespace status
