// Quarantine: where damaged files go. Nothing is deleted or overwritten
// there, since what cannot be read may still be the only copy of a key.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "store/layout.h"

namespace store {

// Moves what is at the place, of whatever kind, and gives its new path,
// quoted; nothing when there was nothing. The caller is the only writer.
base::Result<std::optional<std::string>> move_to_quarantine(
    const std::string& root, const Place& place, base::Time now);

}  // namespace store
