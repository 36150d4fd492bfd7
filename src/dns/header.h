// Header: the first twelve bytes of a DNS message (RFC 1035, section 4.1.1).
// Its four counts are not here: they follow from what a message holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dns {

constexpr std::size_t kHeaderSize = 12;

enum class Opcode : std::uint8_t { query = 0, notify = 4, update = 5 };

enum class Rcode : std::uint16_t {
    no_error = 0,
    format_error = 1,
    server_failure = 2,
    no_such_name = 3,
    not_implemented = 4,
    refused = 5,
    name_exists = 6,
    set_exists = 7,
    no_such_set = 8,
    not_authorized = 9,
    not_in_zone = 10,
    bad_version = 16,
};

// As the RFCs write it: "NXDOMAIN"; "rcode 23" for those without a name here.
std::string to_text(Rcode rcode);

struct Header {
    std::uint16_t id = 0;
    bool response = false;             // QR
    Opcode opcode = Opcode::query;
    bool authoritative = false;        // AA
    bool truncated = false;            // TC
    bool recursion_desired = false;    // RD
    bool recursion_available = false;  // RA
    bool authentic_data = false;       // AD
    bool checking_disabled = false;    // CD
    // With the upper bits that stand in an OPT record (RFC 6891, 6.1.3).
    Rcode rcode = Rcode::no_error;

    bool operator==(const Header&) const = default;
};

// Bytes 2 and 3: the flags, the opcode and the lower bits of the rcode.
std::uint16_t pack_flags(const Header& header);
void unpack_flags(unsigned flags, Header& header);

// The header alone, of a message whose rest may be anything.
base::Result<Header> parse_header(std::string_view bytes);

}  // namespace dns
