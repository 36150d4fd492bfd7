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

std::string quoted(std::string_view path)
{
    return "\"" + std::string(path) + "\"";
}

}  // namespace base
