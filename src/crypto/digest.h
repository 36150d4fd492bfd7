// SHA-256, as bytes.
#pragma once

#include <string>
#include <string_view>

namespace crypto {

std::string sha256(std::string_view bytes);

// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

}  // namespace crypto
