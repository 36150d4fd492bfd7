// Queries to the responder: whatever comes, the answer is a message, of
// bounded size, to that query.

#include "dns_zone.h"
#include "fuzz.h"

namespace {

using dns::Transport;

const dns_test::FakeSource kSource = dns_test::zone_values();
const dns::Responder kResponder(dns_test::zone_settings());

// Header, OPT record, and a SOA record whose names are the zone's.
constexpr std::size_t kMostAdded = 12 + 11 + 84;

void check_header(const dns::Header& query, const dns::Header& reply)
{
    fuzz::require(reply.response && reply.id == query.id
                      && reply.opcode == query.opcode
                      && reply.recursion_desired == query.recursion_desired,
                  "the header is the query's");
    fuzz::require(!reply.recursion_available, "there is no recursion");
}

void check_question(std::string_view query, std::string_view bytes,
                    const dns::Message& reply)
{
    const auto parsed = dns::parse_message(query);
    if (reply.questions.empty()) {
        fuzz::require(bytes.size() == dns::kHeaderSize, "it is a header");
        fuzz::require(!parsed || parsed->questions.size() != 1
                          || parsed->header.opcode != dns::Opcode::query
                          || query.size() > 4096,
                      "what can be read is repeated");
        return;
    }
    const auto size = reply.questions[0].name.wire().size() + 4;
    fuzz::require(query.substr(dns::kHeaderSize, size)
                      == bytes.substr(dns::kHeaderSize, size),
                  "the question is repeated to the letter");
}

void check_size(std::string_view query, std::string_view bytes,
                const dns::Message& reply)
{
    fuzz::require(bytes.size() <= 1232, "it fits every network");
    const auto values =
        std::count_if(reply.answers.begin(), reply.answers.end(),
                      [](const auto& r) { return r.type == dns::Type::txt; });
    fuzz::require(values > 0 || bytes.size() <= query.size() + kMostAdded,
                  "nothing is made of little");
    fuzz::require(!reply.header.truncated || reply.answers.empty(),
                  "it is cut as a whole");
}

void check(std::string_view query, Transport transport)
{
    const auto header = dns::parse_header(query);
    const auto bytes = kResponder.answer(query, transport, kSource);
    fuzz::require(bytes.has_value() == (header && !header->response),
                  "queries are answered, and nothing else");
    if (!bytes) {
        return;
    }
    const auto reply = dns::parse_message(*bytes);
    fuzz::require(bool(reply), "it can be read");
    check_header(*header, reply->header);
    check_question(query, *bytes, *reply);
    if (transport == Transport::udp) {
        check_size(query, *bytes, *reply);
    }
}

}  // namespace

FUZZ_TARGET(dns_responder)
{
    check(input, Transport::udp);
    check(input, Transport::tcp);
}
