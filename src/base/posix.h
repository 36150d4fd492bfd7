// What is needed around the system's file calls: an owner for a file
// descriptor and errno as an Error.
#pragma once

#include <string_view>
#include <utility>

#include "base/result.h"

namespace base {

class UniqueFd {
public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    ~UniqueFd();
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }

    explicit operator bool() const { return fd_ >= 0; }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

// "open() failed (13: Permission denied)", as nginx words it, from errno. The
// caller puts the path before it, by Error::in().
Error io_error(std::string_view call);

// All of it, or an Error.
Status write_all(int fd, std::string_view bytes);

// What an Error::in() says of a file.
std::string in_quotes(std::string_view path);

}  // namespace base
