// What records say: readers and makers of rdata. A reader given a record of
// another type, or one whose rdata is not of the type's form, gives an Error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "dns/message.h"

namespace dns {

// The strings put together: where they are cut has no meaning.
base::Result<std::string> read_txt(const Record& record);

// The name that a CNAME, NS, PTR or DNAME leads to.
base::Result<Name> read_target(const Record& record);

// "192.0.2.1", "2001:db8::1"
base::Result<std::string> read_address(const Record& record);

struct Soa {
    Name name_server;
    Name mailbox;
    std::uint32_t serial = 0;
    std::uint32_t refresh = 0;  // seconds, as all below
    std::uint32_t retry = 0;
    std::uint32_t expire = 0;
    std::uint32_t minimum = 0;  // how long "there is none" is kept (RFC 2308)
};

base::Result<Soa> read_soa(const Record& record);

// RFC 8659, section 4.1.
struct Caa {
    bool critical = false;
    std::string tag;  // lower case
    std::string value;
};

base::Result<Caa> read_caa(const Record& record);

// EDNS (RFC 6891, section 6.1).
struct Opt {
    std::uint16_t udp_size = 512;
    std::uint8_t version = 0;
    bool dnssec_ok = false;
};

// Nothing when the message has none; more than one, or one that is not of the
// form that section 6.1.2 demands, is an Error.
base::Result<std::optional<Opt>> find_opt(const Message& message);

// Text of more than 255 bytes becomes several strings.
Record make_txt(const Name& name, std::string_view text, std::uint32_t ttl);
Record make_cname(const Name& name, const Name& target, std::uint32_t ttl);
Record make_ns(const Name& name, const Name& target, std::uint32_t ttl);
Record make_soa(const Name& name, const Soa& soa, std::uint32_t ttl);
// The text form of an IPv4 or IPv6 address makes an A or AAAA record.
base::Result<Record> make_address(const Name& name, std::string_view address,
                                  std::uint32_t ttl);
Record make_opt(const Opt& opt);

}  // namespace dns
