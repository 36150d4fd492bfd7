#include "base/secret.h"

#include <string.h>

namespace base {

void wipe(void* memory, std::size_t size) noexcept
{
    if (size > 0) {
        explicit_bzero(memory, size);
    }
}

Secret& Secret::operator=(const Secret& other)
{
    if (this != &other) {
        Secret copy(other);
        swap(copy);
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept
{
    if (this != &other) {
        clear();
        swap(other);
    }
    return *this;
}

void Secret::append(std::string_view bytes)
{
    std::string grown;
    grown.reserve(bytes_.size() + bytes.size());
    grown.append(bytes_).append(bytes);
    clear();
    bytes_.swap(grown);
}

void Secret::clear() noexcept
{
    // The whole capacity: a short string's bytes live inside the object, and
    // a shrunk one may have more behind its end.
    bytes_.resize(bytes_.capacity());
    wipe(bytes_.data(), bytes_.size());
    bytes_.clear();
}

}  // namespace base
