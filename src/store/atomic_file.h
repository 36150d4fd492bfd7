// Writing so that a reader, a crash or a full disk never meets half a file:
// a temporary file beside it, synced, then renamed over it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/folder.h"

namespace store {

// Durable when it returns. What was there before, of whatever kind and
// whoever's it was, stays unless all went well.
base::Status write_file(const Folder& folder, const std::string& name,
                        std::string_view bytes);

// Durable as well. What is not there is removed.
base::Status remove_file(const Folder& folder, const std::string& name);

// Whether write_file() would work now: writes a temporary file as large as a
// bundle usually is, and removes it.
base::Status try_writing(const Folder& folder);

// Removes what a crash in write_file() has left. Nobody may be writing.
void remove_left_overs(const Folder& folder);

}  // namespace store
