// HMAC (RFC 2104).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace crypto {

enum class Hash { sha256, sha384, sha512 };

base::Result<std::string> hmac(Hash hash, const base::Secret& key,
                               std::string_view bytes);

// Takes as long for every difference: how much of a forged MAC was right must
// not be seen from outside.
bool same_mac(std::string_view one, std::string_view other);

}  // namespace crypto
