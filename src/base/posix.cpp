#include "base/posix.h"

#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace base {

UniqueFd::~UniqueFd()
{
    if (fd_ >= 0) {
        close(fd_);
    }
}

Error io_error(std::string_view call)
{
    const std::error_code code(errno, std::generic_category());
    return {ErrorKind::storage,
            std::string(call) + "() failed (" + std::to_string(code.value())
                + ": " + code.message() + ")"};
}

Status write_all(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = write(fd, bytes.data(), bytes.size());
        if (written == -1 && errno == EINTR) {
            continue;
        }
        if (written == 0) {
            errno = ENOSPC;  // or this would be tried for ever
        }
        if (written <= 0) {
            return io_error("write");
        }
        bytes.remove_prefix(std::size_t(written));
    }
    return ok();
}

std::string in_quotes(std::string_view path)
{
    return "\"" + std::string(path) + "\"";
}

}  // namespace base
