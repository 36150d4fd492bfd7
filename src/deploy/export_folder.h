// ExportFolder: a folder with a link for each name, which is exchanged for one
// that leads to another version of what the name has.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/posix.h"
#include "base/result.h"

namespace deploy {

class ExportFolder {
public:
    // In a version's name, which is "." + name + "." + digits.
    static constexpr std::size_t kDigits = 16;

    struct File {
        std::string name;
        std::string_view bytes;
        mode_t mode = 0644;
    };

    // It must be there.
    static base::Result<ExportFolder> open(const std::string& path);

    // Durable when it returns: the link `name` leads to a folder `version` with
    // these files, or to what it led to before. Of the other versions only that
    // one stays.
    base::Status exchange(const std::string& name, const std::string& version,
                          const std::vector<File>& files,
                          std::optional<gid_t> group) const;

    // Where the link leads to, when that is there; else empty.
    std::string current(const std::string& name) const;

private:
    ExportFolder(base::UniqueFd fd, std::string path)
        : fd_(std::move(fd)), path_(std::move(path))
    {}

    base::Status make_version(const std::string& version,
                              const std::vector<File>& files,
                              std::optional<gid_t> group) const;
    base::Status link(const std::string& name,
                      const std::string& version) const;
    void remove_others(const std::string& name, const std::string& version,
                       const std::string& before) const;
    void remove_version(const std::string& version) const;
    std::string link_of(const std::string& name) const;
    base::Error failed(std::string_view call, const std::string& file) const;

    base::UniqueFd fd_;
    std::string path_;
};

}  // namespace deploy
