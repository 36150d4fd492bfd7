// What stands behind the "?" of a URL, or in the body of a form.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

// All but the unreserved characters of RFC 3986, section 2.3, as "%XX".
std::string percent_encode(std::string_view text);

using Parameters = std::vector<std::pair<std::string, std::string>>;

// "a=1&b=%2F": sorted by name and percent-encoded, the form in which a query
// is signed for AWS.
std::string encode_query(Parameters parameters);

}  // namespace http
