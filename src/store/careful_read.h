// Reading from a directory that may hold anything: links, pipes, devices,
// files of others. Nothing here hangs, follows a link or reads without end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "store/folder.h"

namespace store {

// What a look at a file gave.
struct Reading {
    enum class Outcome {
        read,
        absent,
        damaged,     // never going to be of use as it is
        unreadable,  // perhaps fine, but not to be had now
    };

    Outcome outcome;
    base::Secret bytes;           // read
    bool open_to_others = false;  // read: by its mode
    std::string why;              // damaged, unreadable
};

Reading read_file(const Folder& folder, const std::string& name,
                  std::size_t limit);

// What makes a text of this module unusable whatever it should be (a file
// that a crash left empty or zeroed, or that was filled by somebody else);
// empty when nothing does.
std::string_view damage_of(std::string_view bytes, std::size_t limit);

}  // namespace store
