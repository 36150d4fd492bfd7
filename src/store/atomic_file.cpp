#include "store/atomic_file.h"

#include <cerrno>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace store {

namespace {

using base::io_error;
using base::UniqueFd;

// No id begins with a dot, so no file can be mistaken for one of these.
constexpr std::string_view kTemporary = ".tmp-";
constexpr int kMaxTries = 1000;
constexpr mode_t kOwnerOnly = 0600;
constexpr std::size_t kUsualBundle = 16UL * 1024;

int create_new(const Folder& folder, const std::string& name)
{
    return openat(folder.fd(), name.c_str(),
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  kOwnerOnly);
}

// A file that is gone with this object unless it was given its name.
class TemporaryFile {
public:
    explicit TemporaryFile(const Folder& folder) : folder_(folder) {}
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    base::Status create();
    base::Status fill(std::string_view bytes);
    base::Status rename_to(const std::string& name);

private:
    const Folder& folder_;
    UniqueFd fd_;
    std::string name_;  // empty: there is none
};

TemporaryFile::~TemporaryFile()
{
    if (!name_.empty()) {
        unlinkat(folder_.fd(), name_.c_str(), 0);
    }
}

base::Status TemporaryFile::create()
{
    // In a container every process may have the same id as the one that
    // crashed: a name that is taken is passed by.
    const std::string prefix =
        std::string(kTemporary) + std::to_string(getpid()) + "-";
    for (int n = 0; n < kMaxTries; ++n) {
        const std::string name = prefix + std::to_string(n);
        fd_ = UniqueFd(create_new(folder_, name));
        if (fd_) {
            name_ = name;
            return base::ok();
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return io_error("open");
}

base::Status TemporaryFile::fill(std::string_view bytes)
{
    // The umask is whatever the process was started with.
    if (fchmod(fd_.get(), kOwnerOnly) == -1) {
        return io_error("chmod");
    }
    if (auto written = base::write_all(fd_.get(), bytes); !written) {
        return written;
    }
    return fsync(fd_.get()) == -1 ? io_error("fsync") : base::ok();
}

base::Status TemporaryFile::rename_to(const std::string& name)
{
    if (renameat(folder_.fd(), name_.c_str(), folder_.fd(), name.c_str())
        == -1)
    {
        return io_error("rename");
    }
    name_.clear();
    return folder_.sync();
}

base::Status create_and_fill(TemporaryFile& file, std::string_view bytes)
{
    auto created = file.create();
    return created ? file.fill(bytes) : std::move(created);
}

}  // namespace

base::Status write_file(const Folder& folder, const std::string& name,
                        std::string_view bytes)
{
    TemporaryFile file(folder);
    auto status = create_and_fill(file, bytes);
    if (status) {
        status = file.rename_to(name);
    }
    if (!status) {
        return std::move(status).error_in("writing "
                                          + folder.quoted_path(name));
    }
    return status;
}

base::Status remove_file(const Folder& folder, const std::string& name)
{
    if (unlinkat(folder.fd(), name.c_str(), 0) == 0) {
        return folder.sync();
    }
    if (errno == ENOENT) {
        return base::ok();
    }
    return io_error("unlink").in(folder.quoted_path(name));
}

base::Status try_writing(const Folder& folder)
{
    TemporaryFile file(folder);
    auto status = create_and_fill(file, std::string(kUsualBundle, ' '));
    if (!status) {
        return std::move(status).error_in("writing a trial file to "
                                          + folder.quoted_path(""));
    }
    return status;
}

void remove_left_overs(const Folder& folder)
{
    const auto files = folder.files();
    if (!files) {
        return;
    }
    for (const auto& file : *files) {
        if (file.starts_with(kTemporary)) {
            unlinkat(folder.fd(), file.c_str(), 0);
        }
    }
}

}  // namespace store
