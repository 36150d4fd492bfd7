// Folder: an open directory of the state. Everything is done relative to it,
// so what happens to the path meanwhile does not matter.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/posix.h"

namespace store {

class Folder {
public:
    // Nothing when it is not there. `root` may be a link, it is the
    // operator's word; the folder may not.
    static base::Result<std::optional<Folder>> open(const std::string& root,
                                                    std::string_view name);

    // Makes it when it is not there, for its owner alone, for ever.
    static base::Result<Folder> make(const std::string& root,
                                     std::string_view name);

    int fd() const { return fd_.get(); }

    // The full path of a file in it, quoted: for messages.
    std::string quoted_path(std::string_view file) const;

    // Makes what was renamed, made and removed in it last.
    base::Status sync() const;

    // The names in it, in no order, without "." and "..".
    base::Result<std::vector<std::string>> files() const;

private:
    Folder(base::UniqueFd fd, std::string path)
        : fd_(std::move(fd)), path_(std::move(path))
    {}

    base::UniqueFd fd_;
    std::string path_;
};

}  // namespace store
