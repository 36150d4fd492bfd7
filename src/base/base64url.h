// base64url without padding (RFC 4648, section 5), as JOSE and ACME use it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace base {

std::string base64url_encode(std::string_view bytes);

// Standard base64 with padding (RFC 4648, section 4) of what may be a secret.
Secret base64_encode(std::string_view bytes);

// Refuses padding and everything outside the alphabet (RFC 8555, 6.1).
Result<std::string> base64url_decode(std::string_view text);

// Whether the text is not empty and of this alphabet alone: what a nonce and
// a token must be (RFC 8555, 6.5.1 and 8.1).
bool is_base64url(std::string_view text);

}  // namespace base
