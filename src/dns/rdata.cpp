#include "dns/rdata.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/identifier.h"
#include "dns/wire.h"

namespace dns {

namespace {

constexpr std::size_t kMaxString = 255;
constexpr unsigned kDnssecOk = 0x8000;
constexpr unsigned kCritical = 0x80;

base::Error malformed(const char* what)
{
    return {base::ErrorKind::protocol, what};
}

bool is_tag(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
}

bool leads_to_name(Type type)
{
    return type == Type::cname || type == Type::ns || type == Type::ptr
           || type == Type::dname;
}

Record make(const Name& name, Type type, std::uint32_t ttl)
{
    return {name, type, Class::in, ttl, {}};
}

Record make_target(const Name& name, Type type, const Name& target,
                   std::uint32_t ttl)
{
    auto record = make(name, type, ttl);
    record.rdata = target.wire();
    return record;
}

// Whether the options are whole; what they are does not matter.
bool has_form_of_opt(const Record& record)
{
    Reader reader(record.rdata);
    while (!reader.failed() && !reader.complete()) {
        reader.u16();
        reader.take(reader.u16());
    }
    return record.name.is_root() && reader.complete();
}

Opt read_opt(const Record& record)
{
    Opt opt;
    opt.udp_size = std::uint16_t(record.rr_class);
    opt.version = std::uint8_t(record.ttl >> 16);
    opt.dnssec_ok = (record.ttl & kDnssecOk) != 0;
    return opt;
}

}  // namespace

base::Result<std::string> read_txt(const Record& record)
{
    if (record.type != Type::txt || record.rdata.empty()) {
        return malformed("not a TXT record");
    }
    Reader reader(record.rdata);
    std::string text;
    while (!reader.failed() && !reader.complete()) {
        text += reader.short_string();
    }
    if (reader.failed()) {
        return malformed("malformed TXT record");
    }
    return text;
}

base::Result<Name> read_target(const Record& record)
{
    if (!leads_to_name(record.type)) {
        return malformed("not a record that leads to a name");
    }
    Reader reader(record.rdata);
    auto target = reader.name();
    if (!reader.complete()) {
        return malformed("malformed record that leads to a name");
    }
    return target;
}

base::Result<std::string> read_address(const Record& record)
{
    const bool v4 = record.type == Type::a
                    && record.rdata.size() == sizeof(in_addr);
    const bool v6 = record.type == Type::aaaa
                    && record.rdata.size() == sizeof(in6_addr);
    char text[INET6_ADDRSTRLEN];
    if ((!v4 && !v6)
        || !inet_ntop(v4 ? AF_INET : AF_INET6, record.rdata.data(), text,
                      sizeof(text)))
    {
        return malformed("not an A or AAAA record");
    }
    return std::string(text);
}

base::Result<Soa> read_soa(const Record& record)
{
    Reader reader(record.rdata);
    Soa soa;
    soa.name_server = reader.name();
    soa.mailbox = reader.name();
    for (auto* number : {&soa.serial, &soa.refresh, &soa.retry, &soa.expire,
                         &soa.minimum})
    {
        *number = reader.u32();
    }
    if (record.type != Type::soa || !reader.complete()) {
        return malformed("not a SOA record, or a malformed one");
    }
    return soa;
}

base::Result<Caa> read_caa(const Record& record)
{
    Reader reader(record.rdata);
    Caa caa;
    caa.critical = (reader.u8() & kCritical) != 0;
    caa.tag = base::to_lower(reader.short_string());
    caa.value = reader.rest();
    if (record.type != Type::caa || !is_tag(caa.tag)) {
        return malformed("not a CAA record, or a malformed one");
    }
    return caa;
}

base::Result<std::optional<Opt>> find_opt(const Message& message)
{
    std::optional<Opt> found;
    for (const auto& record : message.additional) {
        if (record.type != Type::opt) {
            continue;
        }
        if (found || !has_form_of_opt(record)) {
            return malformed("malformed or repeated OPT record");
        }
        found = read_opt(record);
    }
    return found;
}

Record make_txt(const Name& name, std::string_view text, std::uint32_t ttl)
{
    auto record = make(name, Type::txt, ttl);
    do {
        const auto part = text.substr(0, kMaxString);
        record.rdata += char(part.size());
        record.rdata += part;
        text.remove_prefix(part.size());
    } while (!text.empty());
    return record;
}

Record make_cname(const Name& name, const Name& target, std::uint32_t ttl)
{
    return make_target(name, Type::cname, target, ttl);
}

Record make_ns(const Name& name, const Name& target, std::uint32_t ttl)
{
    return make_target(name, Type::ns, target, ttl);
}

Record make_soa(const Name& name, const Soa& soa, std::uint32_t ttl)
{
    auto record = make(name, Type::soa, ttl);
    record.rdata = soa.name_server.wire();
    record.rdata += soa.mailbox.wire();
    for (const auto number :
         {soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum})
    {
        put_u32(record.rdata, number);
    }
    return record;
}

base::Result<Record> make_address(const Name& name, std::string_view address,
                                  std::uint32_t ttl)
{
    const std::string text(address);
    for (const auto type : {Type::a, Type::aaaa}) {
        auto record = make(name, type, ttl);
        const bool v4 = type == Type::a;
        record.rdata.resize(v4 ? sizeof(in_addr) : sizeof(in6_addr));
        // C's function would not see what stands behind a zero byte.
        if (inet_pton(v4 ? AF_INET : AF_INET6, text.c_str(),
                      record.rdata.data())
                == 1
            && text.find('\0') == std::string::npos)
        {
            return record;
        }
    }
    return base::Error{base::ErrorKind::config, "not an IP address"};
}

Record make_opt(const Opt& opt)
{
    Record record;
    record.type = Type::opt;
    record.rr_class = Class(opt.udp_size);
    record.ttl = (std::uint32_t(opt.version) << 16)
                 | (opt.dnssec_ok ? kDnssecOk : 0);
    return record;
}

}  // namespace dns
