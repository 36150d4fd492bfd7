#include "store/folder.h"

#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace store {

namespace {

using base::io_error;
using base::in_quotes;
using base::UniqueFd;

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr mode_t kOwnerOnly = 0700;

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};

using UniqueDirectory = std::unique_ptr<DIR, CloseDirectory>;

UniqueFd open_root(const std::string& root)
{
    return UniqueFd(::open(root.c_str(), kOpenDirectory));
}

UniqueFd open_in(const UniqueFd& root, const std::string& name)
{
    return UniqueFd(
        openat(root.get(), name.c_str(), kOpenDirectory | O_NOFOLLOW));
}

base::Error open_error(const std::string& path)
{
    if (errno == ENOTDIR || errno == ELOOP) {
        return {base::ErrorKind::storage,
                in_quotes(path)
                    + " is not a directory (links are not followed)"};
    }
    return io_error("open").in(in_quotes(path));
}

base::Status sync_directory(int fd)
{
    // EINVAL: a file system that has nothing to sync for a directory.
    if (fsync(fd) == -1 && errno != EINVAL) {
        return io_error("fsync");
    }
    return base::ok();
}

base::Status make_in(const UniqueFd& root, const std::string& name)
{
    if (mkdirat(root.get(), name.c_str(), kOwnerOnly) == -1) {
        return errno == EEXIST ? base::ok() : io_error("mkdir");
    }
    // A umask may have taken away even the owner's rights.
    if (fchmodat(root.get(), name.c_str(), kOwnerOnly, 0) == -1) {
        return io_error("chmod");
    }
    return sync_directory(root.get());
}

// A directory that others may write to would let them exchange certificates.
// That of another owner cannot be changed, and then need not be: writing to
// it fails as well, or he has given us the right to.
void close_to_others(const UniqueFd& folder)
{
    struct stat status;
    if (fstat(folder.get(), &status) == 0 && (status.st_mode & 077) != 0) {
        static_cast<void>(fchmod(folder.get(), kOwnerOnly));
    }
}

bool is_self_or_parent(std::string_view name)
{
    return name == "." || name == "..";
}

}  // namespace

base::Result<std::optional<Folder>> Folder::open(const std::string& root,
                                                 std::string_view name)
{
    std::string path = root + "/" + std::string(name);
    const UniqueFd parent = open_root(root);
    UniqueFd fd = parent ? open_in(parent, std::string(name)) : UniqueFd();
    if (fd) {
        return std::optional(Folder(std::move(fd), std::move(path)));
    }
    if (errno == ENOENT) {
        return std::optional<Folder>();
    }
    return open_error(parent ? path : root);
}

base::Result<Folder> Folder::make(const std::string& root,
                                  std::string_view name)
{
    std::string path = root + "/" + std::string(name);
    const UniqueFd parent = open_root(root);
    if (!parent) {
        return open_error(root);
    }
    if (auto made = make_in(parent, std::string(name)); !made) {
        return std::move(made).error_in(in_quotes(path));
    }
    UniqueFd fd = open_in(parent, std::string(name));
    if (!fd) {
        return open_error(path);
    }
    close_to_others(fd);
    return Folder(std::move(fd), std::move(path));
}

std::string Folder::quoted_path(std::string_view file) const
{
    return in_quotes(path_ + "/" + std::string(file));
}

base::Status Folder::sync() const { return sync_directory(fd()); }

base::Result<std::vector<std::string>> Folder::files() const
{
    // A descriptor of its own: closedir() closes it, and its position is not
    // shared with the next listing.
    UniqueFd copy(openat(fd(), ".", kOpenDirectory));
    UniqueDirectory directory(copy ? fdopendir(copy.get()) : nullptr);
    if (!directory) {
        return io_error("opendir").in(in_quotes(path_));
    }
    copy.release();
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = readdir(directory.get())) {
        if (!is_self_or_parent(entry->d_name)) {
            names.emplace_back(entry->d_name);
        }
        errno = 0;
    }
    if (errno != 0) {
        return io_error("readdir").in(in_quotes(path_));
    }
    return names;
}

}  // namespace store
