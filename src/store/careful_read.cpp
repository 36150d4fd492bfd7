#include "store/careful_read.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace store {

namespace {

using base::io_error;
using base::UniqueFd;

using Outcome = Reading::Outcome;

constexpr std::string_view kTooLarge = "it is too large";
constexpr std::string_view kNotRegular = "it is not a regular file";

Reading damaged(std::string_view why)
{
    return {Outcome::damaged, {}, false, std::string(why)};
}

Reading unreadable(std::string_view call)
{
    return {Outcome::unreadable, {}, false, io_error(call).message};
}

Reading not_opened()
{
    switch (errno) {
    case ENOENT:
        return {Outcome::absent, {}, false, {}};
    case ELOOP:  // a link
    case ENXIO:  // a socket
    case ENODEV:
        return damaged(kNotRegular);
    default:
        return unreadable("open");
    }
}

// The master reads as root in a directory of the worker's user. A hard link
// that this user made to somebody's key must not bring it into his hands by
// way of the master.
bool is_link_to_anothers(const Folder& folder, const struct stat& file)
{
    struct stat owner;
    return geteuid() == 0 && file.st_nlink > 1
           && fstat(folder.fd(), &owner) == 0 && owner.st_uid != 0
           && owner.st_uid != file.st_uid && (file.st_mode & S_IROTH) == 0;
}

// Up to `size` bytes: files are replaced, they do not grow.
ssize_t read_all(int fd, char* buffer, std::size_t size)
{
    std::size_t total = 0;
    while (total < size) {
        const ssize_t count = read(fd, buffer + total, size - total);
        if (count == -1 && errno == EINTR) {
            continue;
        }
        if (count == -1) {
            return -1;
        }
        if (count == 0) {
            break;
        }
        total += std::size_t(count);
    }
    return ssize_t(total);
}

Reading read_content(int fd, const struct stat& status, std::size_t limit)
{
    std::string buffer(std::size_t(status.st_size), '\0');
    const ssize_t size = read_all(fd, buffer.data(), buffer.size());
    if (size == -1) {
        auto failure = unreadable("read");
        base::wipe(buffer.data(), buffer.size());
        return failure;
    }
    base::Secret bytes(std::string_view(buffer).substr(0, std::size_t(size)));
    base::wipe(buffer.data(), buffer.size());
    if (const auto why = damage_of(bytes.reveal(), limit); !why.empty()) {
        return damaged(why);
    }
    return {Outcome::read, std::move(bytes), (status.st_mode & 077) != 0, {}};
}

}  // namespace

Reading read_file(const Folder& folder, const std::string& name,
                  std::size_t limit)
{
    // O_NONBLOCK: opening a pipe would wait for its writer.
    const UniqueFd fd(openat(folder.fd(), name.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
                                 | O_CLOEXEC));
    if (!fd) {
        return not_opened();
    }
    struct stat status;
    if (fstat(fd.get(), &status) == -1) {
        return unreadable("fstat");
    }
    if (!S_ISREG(status.st_mode)) {
        return damaged(kNotRegular);
    }
    if (is_link_to_anothers(folder, status)) {
        return {Outcome::unreadable, {}, false,
                "it is a link to a file of another user"};
    }
    if (std::size_t(status.st_size) > limit) {
        return damaged(kTooLarge);
    }
    return read_content(fd.get(), status, limit);
}

std::string_view damage_of(std::string_view bytes, std::size_t limit)
{
    if (bytes.empty()) {
        return "it is empty";
    }
    if (bytes.size() > limit) {
        return kTooLarge;
    }
    if (bytes.find('\0') != std::string_view::npos) {
        return "it has zero bytes";
    }
    return {};
}

}  // namespace store
