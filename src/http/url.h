// The little that has to be known about URLs a CA gives.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace http {

// An absolute http or https URL without user, fragment, spaces or control
// characters; plain http only when the host is a loopback address or
// "localhost". Errors say what is wrong with it.
base::Status check_url(std::string_view url);

// The host of a URL, without port and brackets, in lower case.
std::string host_of(std::string_view url);

// A reference resolved against an absolute URL (RFC 3986, section 5.2, as far
// as CAs need it: absolute, scheme-relative, absolute path, relative path).
std::string resolve_url(std::string_view base_url,
                        std::string_view reference);

}  // namespace http
