#include "dns/header.h"

#include "dns/wire.h"

namespace dns {

namespace {

struct Flag {
    bool Header::*member;
    unsigned bit;
};

constexpr Flag kFlags[] = {
    {&Header::response, 0x8000},
    {&Header::authoritative, 0x0400},
    {&Header::truncated, 0x0200},
    {&Header::recursion_desired, 0x0100},
    {&Header::recursion_available, 0x0080},
    {&Header::authentic_data, 0x0020},
    {&Header::checking_disabled, 0x0010},
};

constexpr unsigned kOpcodeShift = 11;
constexpr unsigned kFourBits = 15;

}  // namespace

std::string to_text(Rcode rcode)
{
    switch (rcode) {
    case Rcode::no_error: return "NOERROR";
    case Rcode::format_error: return "FORMERR";
    case Rcode::server_failure: return "SERVFAIL";
    case Rcode::no_such_name: return "NXDOMAIN";
    case Rcode::not_implemented: return "NOTIMP";
    case Rcode::refused: return "REFUSED";
    case Rcode::name_exists: return "YXDOMAIN";
    case Rcode::set_exists: return "YXRRSET";
    case Rcode::no_such_set: return "NXRRSET";
    case Rcode::not_authorized: return "NOTAUTH";
    case Rcode::not_in_zone: return "NOTZONE";
    case Rcode::bad_version: return "BADVERS";
    }
    return "rcode " + std::to_string(unsigned(rcode));
}

std::uint16_t pack_flags(const Header& header)
{
    unsigned flags = unsigned(header.rcode) & kFourBits;
    flags |= (unsigned(header.opcode) & kFourBits) << kOpcodeShift;
    for (const auto& [member, bit] : kFlags) {
        flags |= header.*member ? bit : 0;
    }
    return std::uint16_t(flags);
}

void unpack_flags(unsigned flags, Header& header)
{
    header.rcode = Rcode(flags & kFourBits);
    header.opcode = Opcode((flags >> kOpcodeShift) & kFourBits);
    for (const auto& [member, bit] : kFlags) {
        header.*member = (flags & bit) != 0;
    }
}

base::Result<Header> parse_header(std::string_view bytes)
{
    if (bytes.size() < kHeaderSize) {
        return base::Error{base::ErrorKind::protocol,
                           "shorter than the header of a DNS message"};
    }
    Reader reader(bytes);
    Header header;
    header.id = reader.u16();
    unpack_flags(reader.u16(), header);
    return header;
}

}  // namespace dns
