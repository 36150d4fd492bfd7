// Secret: bytes that are wiped before their memory is given back. It has no
// printer and no implicit conversion, so it cannot end in a log by accident.
#pragma once

#include <string>
#include <string_view>

namespace base {

// Overwrites memory in a way the compiler may not remove.
void wipe(void* memory, std::size_t size) noexcept;

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string_view bytes) : bytes_(bytes) {}
    ~Secret() { clear(); }

    Secret(const Secret& other) = default;
    Secret(Secret&& other) noexcept { swap(other); }
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;

    // For the one who really needs the bytes; they must not outlive this.
    std::string_view reveal() const { return bytes_; }
    bool empty() const { return bytes_.empty(); }
    std::size_t size() const { return bytes_.size(); }

    // Adds at the end. A growing buffer leaves no copy behind.
    void append(std::string_view bytes);
    void clear() noexcept;
    void swap(Secret& other) noexcept { bytes_.swap(other.bytes_); }

    bool operator==(const Secret&) const = default;

private:
    std::string bytes_;
};

}  // namespace base
