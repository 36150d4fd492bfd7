// Link headers (RFC 8288).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace http {

// Targets of all links of that relation, whether they came in one header or
// in several, resolved against `base_url` when relative.
std::vector<std::string> find_links(const Response& response,
                                    std::string_view relation,
                                    std::string_view base_url);

}  // namespace http
