// Message: what DNS servers and clients send each other (RFC 1035, section
// 4), as values, and the codec between these and bytes.
//
// It is a codec of our own for three reasons. Debian 12's c-ares (1.18) has no
// public function that builds a message or reads its sections (1.22 brought
// them). ldns would put a large, allocating parser before hostile bytes in
// every worker, and it loses the case of a question, which an answer must
// repeat. And what is needed is little: this is small enough to be read and
// fuzzed whole. Queries with their retries, time-outs and TCP are c-ares'
// business; this reads what it brings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dns/header.h"
#include "dns/name.h"

namespace dns {

// Any other number may come, too.
enum class Type : std::uint16_t {
    a = 1,
    ns = 2,
    cname = 5,
    soa = 6,
    ptr = 12,
    hinfo = 13,
    mx = 15,
    txt = 16,
    aaaa = 28,
    dname = 39,
    opt = 41,
    tsig = 250,
    ixfr = 251,
    axfr = 252,
    any = 255,
    caa = 257,
};

enum class Class : std::uint16_t { in = 1, chaos = 3, none = 254, any = 255 };

struct Question {
    Name name;
    Type type = Type::a;
    Class rr_class = Class::in;

    bool operator==(const Question&) const = default;
};

struct Record {
    Name name;
    Type type = Type::a;
    Class rr_class = Class::in;
    std::uint32_t ttl = 0;  // seconds
    // In wire form, without compression; rdata.h reads and makes it.
    std::string rdata;

    bool operator==(const Record&) const = default;
};

using Records = std::vector<Record>;

struct Message {
    Header header;
    std::vector<Question> questions;
    Records answers;
    Records authority;
    Records additional;

    bool operator==(const Message&) const = default;
};

constexpr std::size_t kMaxMessage = 65535;

// The whole of it, to the last byte: what is left over is an Error. Names in
// the rdata of NS, CNAME, SOA, PTR, MX and DNAME come out uncompressed.
base::Result<Message> parse_message(std::string_view bytes);

// Owner names that are the question's name or end it are compressed. Longer
// than a message can be is an Error. An rcode above 15 needs an OPT record
// among `additional`; without one it becomes SERVFAIL.
base::Result<std::string> encode(const Message& message);

// Where the last record begins: a TSIG record signs what stands before it.
base::Result<std::size_t> last_record(std::string_view bytes);

}  // namespace dns
