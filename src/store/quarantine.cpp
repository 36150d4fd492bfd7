#include "store/quarantine.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "store/folder.h"

namespace store {

namespace {

using base::io_error;

bool exists(const Folder& folder, const std::string& name)
{
    struct stat status;
    return fstatat(folder.fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW)
           == 0;
}

// Looking first and renaming then is no race for the only writer, and works
// on every file system, which RENAME_NOREPLACE does not.
std::string unused_name(const Folder& quarantine, const std::string& file,
                        base::Time now)
{
    unsigned count = 0;
    std::string name = quarantine_name(file, now, count);
    while (exists(quarantine, name)) {
        name = quarantine_name(file, now, ++count);
    }
    return name;
}

}  // namespace

base::Result<std::optional<std::string>> move_to_quarantine(
    const std::string& root, const Place& place, base::Time now)
{
    auto folder = Folder::open(root, place.folder);
    if (!folder) {
        return folder.error();
    }
    if (!*folder || !exists(**folder, place.file)) {
        return std::optional<std::string>();
    }
    auto quarantine = Folder::make(root, kQuarantine);
    if (!quarantine) {
        return quarantine.error();
    }
    const std::string name = unused_name(*quarantine, place.file, now);
    if (renameat((*folder)->fd(), place.file.c_str(), quarantine->fd(),
                 name.c_str())
        == -1)
    {
        return io_error("rename").in(quarantine->quoted_path(name));
    }
    // Should a crash undo the move, the damage is found again.
    static_cast<void>(quarantine->sync());
    static_cast<void>((*folder)->sync());
    return std::optional(quarantine->quoted_path(name));
}

}  // namespace store
