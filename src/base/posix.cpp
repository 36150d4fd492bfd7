#include "store/posix.h"

#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace store {

UniqueFd::~UniqueFd()
{
    if (fd_ >= 0) {
        close(fd_);
    }
}

base::Error io_error(std::string_view call)
{
    const std::error_code code(errno, std::generic_category());
    return {base::ErrorKind::storage,
            std::string(call) + "() failed (" + std::to_string(code.value())
                + ": " + code.message() + ")"};
}

std::string quoted(std::string_view path)
{
    return "\"" + std::string(path) + "\"";
}

}  // namespace store
