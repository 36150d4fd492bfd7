#include "aws/small_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace aws {

namespace {

namespace fs = std::filesystem;

base::Error bad_file(const std::string& why)
{
    return {base::ErrorKind::config, why};
}

// As much as is wanted, at the most.
base::Secret read_some(std::ifstream& file, std::size_t wanted)
{
    std::string buffer(wanted, '\0');
    file.read(buffer.data(), std::streamsize(wanted));
    base::Secret bytes(
        std::string_view(buffer).substr(0, std::size_t(file.gcount())));
    base::wipe(buffer.data(), buffer.size());
    return bytes;
}

}  // namespace

base::Result<SmallFile> read_small_file(const std::string& path)
{
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) {
        return bad_file(error ? error.message() : "No such file or directory");
    }
    if (!fs::is_regular_file(status)) {
        return bad_file("it is not a regular file");
    }
    std::ifstream file;
    // Its buffer would keep a copy of what may be a secret.
    file.rdbuf()->pubsetbuf(nullptr, 0);
    errno = 0;
    file.open(path, std::ios::binary);
    if (!file) {
        return bad_file(std::generic_category().message(errno));
    }
    SmallFile result{read_some(file, kMaxSmallFile + 1), false};
    if (result.bytes.size() > kMaxSmallFile) {
        return bad_file("it is too large");
    }
    result.open_to_all = (status.permissions() & fs::perms::others_read)
                         != fs::perms::none;
    return result;
}

}  // namespace aws
