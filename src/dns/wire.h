// The bytes of DNS messages: numbers in network order, and names that may
// point back to earlier ones (RFC 1035, section 4.1.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dns/name.h"

namespace dns {

// Reads from a message's front. What does not fit makes it fail for good, and
// from then on it gives zeros and nothing: who reads several things asks once.
class Reader {
public:
    // `message` from its beginning, since names point into it; what lies
    // from `at` on is read.
    explicit Reader(std::string_view message, std::size_t at = 0)
        : bytes_(message), at_(at)
    {}

    void fail() { failed_ = true; }
    bool failed() const { return failed_; }
    // Everything was there, and nothing is left.
    bool complete() const { return !failed_ && at_ == bytes_.size(); }
    std::size_t position() const { return at_; }

    std::uint8_t u8() { return std::uint8_t(number(1)); }
    std::uint16_t u16() { return std::uint16_t(number(2)); }
    std::uint32_t u32() { return std::uint32_t(number(4)); }
    std::uint64_t u48() { return number(6); }
    std::string_view take(std::size_t size);
    // What is left.
    std::string_view rest() { return take(bytes_.size() - at_); }
    // A byte that says how many follow, and those.
    std::string_view short_string() { return take(u8()); }
    Name name();

    // The next `size` bytes with a reader of their own, whose names may still
    // point to before them.
    Reader part(std::size_t size);

private:
    std::uint64_t number(int size);
    std::optional<std::size_t> labels(Name& name);

    std::string_view bytes_;
    std::size_t at_;
    bool failed_ = false;
};

void put_u16(std::string& out, std::uint16_t value);
void put_u32(std::string& out, std::uint32_t value);
void put_u48(std::string& out, std::uint64_t value);

}  // namespace dns
