#include "dns/responder.h"

#include <algorithm>
#include <utility>

#include "dns/rdata.h"

namespace dns {

namespace {

// No query needs that much, padded as it may be.
constexpr std::size_t kMaxQuery = 4096;

// Without EDNS, and with it (RFC 9715).
constexpr std::uint16_t kPlainUdp = 512;
constexpr std::uint16_t kLargestUdp = 1232;

// The timers of a SOA record are for secondary servers: there are none.
constexpr std::uint32_t kHour = 3600;

Name mailbox_of(const Name& zone)
{
    Name mailbox;
    mailbox.append("hostmaster");
    for (const auto label : zone.labels()) {
        if (!mailbox.append(label)) {
            return zone;
        }
    }
    return mailbox;
}

Header reply_header(const Header& query)
{
    Header header;
    header.id = query.id;
    header.response = true;
    header.opcode = query.opcode;
    header.recursion_desired = query.recursion_desired;
    return header;
}

std::optional<std::string> encode_reply(const Message& reply)
{
    auto bytes = encode(reply);
    return bytes ? std::optional(std::move(*bytes)) : std::nullopt;
}

// All that can be said to one whose question was not read.
std::optional<std::string> header_only(const Header& query, Rcode rcode)
{
    Message reply;
    reply.header = reply_header(query);
    reply.header.rcode = rcode;
    return encode_reply(reply);
}

std::optional<Message> read_query(std::string_view bytes)
{
    if (bytes.size() > kMaxQuery) {
        return std::nullopt;
    }
    auto query = parse_message(bytes);
    if (!query || query->questions.size() != 1) {
        return std::nullopt;
    }
    return std::move(*query);
}

std::size_t size_limit(const Message& query, Transport transport)
{
    if (transport == Transport::tcp) {
        return kMaxMessage;
    }
    const auto opt = find_opt(query);
    return opt && *opt ? std::clamp((*opt)->udp_size, kPlainUdp, kLargestUdp)
                       : kPlainUdp;
}

// What is too long goes without its records: over UDP that makes the client
// ask again over TCP, where there is nothing left to try.
std::optional<std::string> encode_within(std::size_t limit, Message reply)
{
    auto bytes = encode_reply(reply);
    if (bytes && bytes->size() <= limit) {
        return bytes;
    }
    reply.answers.clear();
    reply.authority.clear();
    if (limit < kMaxMessage) {
        reply.header.truncated = true;
    } else {
        reply.header.rcode = Rcode::server_failure;
    }
    return encode_reply(reply);
}

// RFC 6895, section 3.1: types that mean an action rather than a record.
// Transfers are among them.
bool is_action(Type type)
{
    return unsigned(type) >= 128 && unsigned(type) < unsigned(Type::any);
}

// What RFC 8482, section 4.2, has for a question for anything. Of the answers
// it allows this is the smallest, and the same for every name.
Record make_hinfo(const Name& name, std::uint32_t ttl)
{
    return {name, Type::hinfo, Class::in, ttl, std::string("\7RFC8482\0", 9)};
}

}  // namespace

Responder::Responder(ZoneSettings settings)
    : settings_(std::move(settings)), mailbox_(mailbox_of(settings_.zone))
{}

std::optional<std::string> Responder::answer(std::string_view query,
                                             Transport transport,
                                             const TxtSource& source) const
{
    const auto header = parse_header(query);
    if (!header || header->response) {
        return std::nullopt;
    }
    if (header->opcode != Opcode::query) {
        return header_only(*header, Rcode::not_implemented);
    }
    const auto message = read_query(query);
    if (!message) {
        return header_only(*header, Rcode::format_error);
    }
    return encode_within(size_limit(*message, transport),
                         reply_to(*message, source));
}

Message Responder::reply_to(const Message& query,
                            const TxtSource& source) const
{
    Message reply;
    reply.header = reply_header(query.header);
    reply.questions = query.questions;
    const auto opt = find_opt(query);
    if (!opt) {
        reply.header.rcode = Rcode::format_error;
        return reply;
    }
    if (*opt) {
        reply.additional.push_back(
            make_opt({kLargestUdp, 0, (*opt)->dnssec_ok}));
        if ((*opt)->version != 0) {
            reply.header.rcode = Rcode::bad_version;
            return reply;
        }
    }
    answer_question(source, reply);
    return reply;
}

void Responder::answer_question(const TxtSource& source, Message& reply) const
{
    const auto& [name, type, rr_class] = reply.questions.front();
    if (rr_class != Class::in || is_action(type)
        || !name.is_within(settings_.zone))
    {
        reply.header.rcode = Rcode::refused;
        return;
    }
    reply.header.authoritative = true;
    auto records = records_at(name, source);
    const bool exists = !records.empty()
                        || settings_.name_server.is_within(name)
                        || source.exists(name.key());
    if (type == Type::any && !records.empty()) {
        records = {make_hinfo(name, settings_.ttl)};
    } else {
        std::erase_if(records, [wanted = type](const Record& record) {
            return record.type != wanted;
        });
    }
    reply.answers = std::move(records);
    if (reply.answers.empty()) {
        reply.authority = {soa_for(name)};
        reply.header.rcode = exists ? Rcode::no_error : Rcode::no_such_name;
    }
}

// Owners have the letters of the question, and so are compressed.
Records Responder::records_at(const Name& name, const TxtSource& source) const
{
    Records records;
    if (name == settings_.zone) {
        records.push_back(soa_for(name));
        records.push_back(
            make_ns(name, settings_.name_server, settings_.static_ttl));
    }
    if (name == settings_.name_server) {
        for (const auto& address : settings_.addresses) {
            records.push_back(address);
            records.back().name = name;
        }
    }
    for (const auto& value : source.values(name.key())) {
        records.push_back(make_txt(name, value, settings_.ttl));
    }
    return records;
}

// RFC 2308, section 3: what is not there is not there for as long as the
// smaller of the record's TTL and its last number.
Record Responder::soa_for(const Name& name) const
{
    Name zone = name;
    while (zone.is_below(settings_.zone)) {
        zone = zone.parent();
    }
    const Soa soa{settings_.name_server, mailbox_, settings_.serial,
                  kHour,  kHour, 24 * kHour, settings_.ttl};
    return make_soa(zone, soa, settings_.ttl);
}

}  // namespace dns
