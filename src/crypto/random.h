// Bytes that nobody can guess.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace crypto {

base::Result<std::string> random_bytes(std::size_t count);

}  // namespace crypto
