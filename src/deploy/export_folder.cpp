#include "deploy/export_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace deploy {

namespace {

using base::UniqueFd;

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr mode_t kVersionMode = 0755;

// While it is being made it is nobody's.
constexpr std::string_view kUnfinished = ".new";

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};

// The names in it; none when it cannot be read.
std::vector<std::string> names_in(int folder)
{
    std::vector<std::string> names;
    UniqueFd copy(openat(folder, ".", kOpenDirectory));
    const std::unique_ptr<DIR, CloseDirectory> directory(
        copy ? fdopendir(copy.get()) : nullptr);
    if (!directory) {
        return names;
    }
    copy.release();
    while (const dirent* entry = readdir(directory.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") {
            names.emplace_back(name);
        }
    }
    return names;
}

// Nobody may read it before it is somebody's who may.
base::Status set_access(int fd, mode_t mode, std::optional<gid_t> group)
{
    if (group && fchown(fd, uid_t(-1), *group) == -1) {
        return base::io_error("chown");
    }
    return fchmod(fd, mode) == -1 ? base::io_error("chmod") : base::ok();
}

base::Status write_file(int folder, const ExportFolder::File& file,
                        std::optional<gid_t> group)
{
    constexpr mode_t kOwnerOnly = 0600;
    const UniqueFd fd(openat(folder, file.name.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
                                 | O_CLOEXEC,
                             kOwnerOnly));
    if (!fd) {
        return base::io_error("open");
    }
    if (auto status = base::write_all(fd.get(), file.bytes); !status) {
        return status;
    }
    if (auto status = set_access(fd.get(), file.mode, group); !status) {
        return status;
    }
    return fsync(fd.get()) == -1 ? base::io_error("fsync") : base::ok();
}

// ".<name>.<16 hex digits>", whole or unfinished.
bool is_version_of(std::string_view file, const std::string& name)
{
    const auto prefix = "." + name + ".";
    if (!file.starts_with(prefix)) {
        return false;
    }
    file.remove_prefix(prefix.size());
    if (file.ends_with(kUnfinished)) {
        file.remove_suffix(kUnfinished.size());
    }
    return file.size() == ExportFolder::kDigits
        && file.find_first_not_of("0123456789abcdef")
               == std::string_view::npos;
}

}  // namespace

base::Result<ExportFolder> ExportFolder::open(const std::string& path)
{
    UniqueFd fd(::open(path.c_str(), kOpenDirectory));
    if (!fd) {
        return base::io_error("open").in(base::in_quotes(path));
    }
    return ExportFolder(std::move(fd), path);
}

base::Error ExportFolder::failed(std::string_view call,
                                 const std::string& file) const
{
    return base::io_error(call).in(base::in_quotes(path_ + "/" + file));
}

base::Status ExportFolder::exchange(const std::string& name,
                                    const std::string& version,
                                    const std::vector<File>& files,
                                    std::optional<gid_t> group) const
{
    const auto before = link_of(name);
    if (faccessat(fd_.get(), version.c_str(), F_OK, 0) != 0) {
        if (auto status = make_version(version, files, group); !status) {
            remove_version(version + std::string(kUnfinished));
            return status;
        }
    }
    if (before != version) {
        if (auto status = link(name, version); !status) {
            return status;
        }
    }
    remove_others(name, version, before);
    return base::ok();
}

// Under its name it is whole.
base::Status ExportFolder::make_version(const std::string& version,
                                        const std::vector<File>& files,
                                        std::optional<gid_t> group) const
{
    const auto unfinished = version + std::string(kUnfinished);
    remove_version(unfinished);
    constexpr mode_t kOwnerOnly = 0700;
    if (mkdirat(fd_.get(), unfinished.c_str(), kOwnerOnly) == -1) {
        return failed("mkdir", unfinished);
    }
    const UniqueFd folder(openat(fd_.get(), unfinished.c_str(),
                                 kOpenDirectory | O_NOFOLLOW));
    if (!folder) {
        return failed("open", unfinished);
    }
    for (const auto& file : files) {
        if (auto status = write_file(folder.get(), file, group); !status) {
            return std::move(status).error_in(
                base::in_quotes(path_ + "/" + unfinished + "/" + file.name));
        }
    }
    auto status = set_access(folder.get(), kVersionMode, group);
    if (!status) {
        return std::move(status).error_in(
            base::in_quotes(path_ + "/" + unfinished));
    }
    if (fsync(folder.get()) == -1) {
        return failed("fsync", unfinished);
    }
    if (renameat(fd_.get(), unfinished.c_str(), fd_.get(), version.c_str())
        == -1)
    {
        return failed("rename", version);
    }
    return base::ok();
}

base::Status ExportFolder::link(const std::string& name,
                                const std::string& version) const
{
    struct stat info;
    if (fstatat(fd_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0
        && !S_ISLNK(info.st_mode))
    {
        return base::Error{base::ErrorKind::storage,
                           base::in_quotes(path_ + "/" + name)
                               + " is there already and is no link; move it "
                                 "away"};
    }
    const auto fresh = version + ".link";
    unlinkat(fd_.get(), fresh.c_str(), 0);
    if (symlinkat(version.c_str(), fd_.get(), fresh.c_str()) == -1) {
        return failed("symlink", name);
    }
    if (renameat(fd_.get(), fresh.c_str(), fd_.get(), name.c_str()) == -1) {
        auto error = failed("rename", name);
        unlinkat(fd_.get(), fresh.c_str(), 0);
        return error;
    }
    // EINVAL: a file system that has nothing to sync for a directory.
    if (fsync(fd_.get()) == -1 && errno != EINVAL) {
        return failed("fsync", "");
    }
    return base::ok();
}

std::string ExportFolder::link_of(const std::string& name) const
{
    std::array<char, 256> target;
    const auto size =
        readlinkat(fd_.get(), name.c_str(), target.data(), target.size());
    return size < 0 ? std::string()
                    : std::string(target.data(), std::size_t(size));
}

std::string ExportFolder::current(const std::string& name) const
{
    const auto version = link_of(name);
    const bool there = !version.empty()
        && faccessat(fd_.get(), version.c_str(), F_OK, 0) == 0;
    return there ? version : std::string();
}

void ExportFolder::remove_others(const std::string& name,
                                 const std::string& version,
                                 const std::string& before) const
{
    for (const auto& file : names_in(fd_.get())) {
        if (is_version_of(file, name) && file != version && file != before) {
            remove_version(file);
        }
    }
}

void ExportFolder::remove_version(const std::string& version) const
{
    const UniqueFd folder(openat(fd_.get(), version.c_str(),
                                 kOpenDirectory | O_NOFOLLOW));
    if (!folder) {
        return;
    }
    for (const auto& file : names_in(folder.get())) {
        unlinkat(folder.get(), file.c_str(), 0);
    }
    unlinkat(fd_.get(), version.c_str(), AT_REMOVEDIR);
}

}  // namespace deploy
