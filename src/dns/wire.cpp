#include "dns/wire.h"

namespace dns {

namespace {

// A pointer leads to at least one label in what servers write, and no name
// has more labels than that.
constexpr int kMaxPointers = 127;

constexpr unsigned kPointer = 0xc0;

void put(std::string& out, std::uint64_t value, int size)
{
    while (size-- > 0) {
        out += char((value >> (8 * size)) & 255);
    }
}

}  // namespace

void put_u16(std::string& out, std::uint16_t value) { put(out, value, 2); }
void put_u32(std::string& out, std::uint32_t value) { put(out, value, 4); }
void put_u48(std::string& out, std::uint64_t value) { put(out, value, 6); }

std::string_view Reader::take(std::size_t size)
{
    if (failed_ || size > bytes_.size() - at_) {
        failed_ = true;
        return {};
    }
    const auto taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
}

std::uint64_t Reader::number(int size)
{
    std::uint64_t value = 0;
    for (const unsigned char byte : take(std::size_t(size))) {
        value = (value << 8) | byte;
    }
    return value;
}

Reader Reader::part(std::size_t size)
{
    const auto begin = at_;
    take(size);
    Reader part(bytes_.substr(0, at_), begin);
    part.failed_ = failed_;
    return part;
}

// Adds labels up to the root, which gives nothing, or up to a pointer, which
// gives where it leads.
std::optional<std::size_t> Reader::labels(Name& name)
{
    for (;;) {
        const std::size_t size = u8();
        if (size >= kPointer) {
            return ((size - kPointer) << 8) | u8();
        }
        const auto label = take(size);
        if (label.empty()) {
            return std::nullopt;
        }
        if (!name.append(label)) {
            failed_ = true;
            return std::nullopt;
        }
    }
}

Name Reader::name()
{
    Name name;
    auto begin = at_;
    auto target = labels(name);
    for (int pointers = 0; target && !failed_; ++pointers) {
        // Each must lead further back than the last: no loop can.
        if (*target >= begin || pointers == kMaxPointers) {
            failed_ = true;
            break;
        }
        begin = *target;
        Reader pointed(bytes_, begin);
        target = pointed.labels(name);
        failed_ = pointed.failed_;
    }
    return failed_ ? Name() : name;
}

}  // namespace dns
