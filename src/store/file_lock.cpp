#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/file_store.h"
#include "store/layout.h"

namespace store {

namespace {

using base::io_error;
using base::in_quotes;
using base::UniqueFd;

// Read and write: flock() on NFS wants to be able to write.
UniqueFd open_lock(const std::string& path)
{
    return UniqueFd(open(path.c_str(),
                         O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                         0600));
}

bool is_regular(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

// A file that was deleted or replaced locks out nobody.
bool is_still_at(int fd, const std::string& path)
{
    struct stat held;
    struct stat there;
    return fstat(fd, &held) == 0 && lstat(path.c_str(), &there) == 0
           && held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

bool lock_now(int fd)
{
    int result = flock(fd, LOCK_EX | LOCK_NB);
    while (result == -1 && errno == EINTR) {
        result = flock(fd, LOCK_EX | LOCK_NB);
    }
    return result == 0;
}

}  // namespace

FileLock::FileLock(const std::string& root)
    : path_(root + "/" + std::string(kLock))
{}

base::Status FileLock::open_file()
{
    UniqueFd fd = open_lock(path_);
    if (!fd) {
        return io_error("open").in(in_quotes(path_));
    }
    if (!is_regular(fd.get())) {
        return base::Error{base::ErrorKind::storage,
                           in_quotes(path_) + " is not a regular file"};
    }
    // Whatever the umask was: the next process must be able to open it. Not
    // ours to change, it is open nevertheless.
    static_cast<void>(fchmod(fd.get(), 0600));
    fd_ = std::move(fd);
    return base::ok();
}

base::Result<bool> FileLock::try_acquire()
{
    // Opening it again at each call would give the lock up for a moment.
    if (!fd_ || !is_still_at(fd_.get(), path_)) {
        if (auto opened = open_file(); !opened) {
            return opened.error();
        }
    }
    if (lock_now(fd_.get())) {
        return true;
    }
    if (errno == EWOULDBLOCK) {
        return false;
    }
    return io_error("flock").in(in_quotes(path_));
}

}  // namespace store
