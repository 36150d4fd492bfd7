// Reading a file that the operator, or a platform like Kubernetes, has put
// there for this process. Links are fine: they are how Kubernetes renews its
// tokens.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace aws {

struct SmallFile {
    base::Secret bytes;
    bool open_to_all = false;  // anybody on this machine may read it
};

// Errors are of kind config and say what is wrong with the file, without its
// name. A pipe or a device is one: nothing here waits.
constexpr std::size_t kMaxSmallFile = 64 * 1024;
base::Result<SmallFile> read_small_file(const std::string& path);

}  // namespace aws
