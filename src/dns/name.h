// Name: a domain name (RFC 1035, section 3.1). Its case is kept, because a
// resolver may check that an answer repeats the question to the letter, and
// ignored in comparisons (RFC 4343). Labels may hold any byte: hostile
// queries do.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dns {

class Name {
public:
    static constexpr std::size_t kMaxLabel = 63;
    static constexpr std::size_t kMaxWire = 255;

    // The root.
    Name() = default;

    // "_acme-challenge.www.pium.life", with or without the dot at the end;
    // "." is the root. ASCII only. What a zone file would have to escape is
    // an Error: no name of ours has it.
    static base::Result<Name> from_text(std::string_view text);

    // Without the dot at the end, except for the root, which is ".". Bytes
    // that from_text() refuses become "\DDD" (RFC 1035, section 5.1), so the
    // text is fit for a log line and no two names share it.
    std::string to_text() const;

    // to_text() in lower case: the same for names that are equal.
    std::string key() const;

    // Uncompressed, the root's zero byte at the end included.
    std::string_view wire() const { return wire_; }
    // The same in lower case: the canonical form of RFC 4034, section 6.2.
    std::string canonical_wire() const;

    std::vector<std::string_view> labels() const&;
    std::vector<std::string_view> labels() const&& = delete;  // would dangle
    bool is_root() const { return wire_.size() == 1; }
    // The root's parent is the root.
    Name parent() const;
    bool is_below(const Name& ancestor) const;
    // At it or below it.
    bool is_within(const Name& zone) const;

    // Puts a label between the others and the root. False, and nothing
    // done, when it is empty or too long, or the name would be.
    bool append(std::string_view label);

    bool operator==(const Name& other) const;

private:
    std::string wire_ = std::string(1, '\0');
};

}  // namespace dns
