// Responder: the authoritative name server for the one zone to which
// _acme-challenge names are delegated. Bytes in, bytes out: no clock, no
// state, so any worker may answer any query. Queries come from anybody, and
// over UDP from addresses that may be forged, so:
//
// - what is not TXT values adds one small record to the query (the addresses
//   of a name server within the zone apart), and no answer over UDP is larger
//   than 1232 bytes, which pass every network unfragmented;
// - a response is never answered, so two servers cannot talk for ever;
// - what is not in the zone is refused without a record.
//
// Names come and go within seconds, so answers may be kept for a second only,
// and a name above one with values is never said not to exist: resolvers take
// that to hold for all below it (RFC 8020), and ask from the top downwards
// (RFC 9156).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dns/message.h"

namespace dns {

struct ZoneSettings {
    Name zone;
    Name name_server;
    // A and AAAA records of a name server within its own zone.
    Records addresses;
    // Of the NS and address records, which change with the configuration.
    std::uint32_t static_ttl = 300;
    // Of TXT values, and of what does not exist. 0 would be legal, too, but
    // is not what resolvers see every day.
    std::uint32_t ttl = 1;
    std::uint32_t serial = 1;
};

// Port: what is being proved right now. Names are lower case, without a dot
// at the end, as Name::key() gives them.
class TxtSource {
public:
    virtual ~TxtSource() = default;
    // The values at that name, each once.
    virtual std::vector<std::string> values(std::string_view name) const = 0;
    // Whether that name or any below it has values.
    virtual bool exists(std::string_view name) const = 0;
};

enum class Transport { udp, tcp };

class Responder {
public:
    explicit Responder(ZoneSettings settings);

    // What to send back. Nothing when nothing may be: to a response, or to
    // less than a header.
    std::optional<std::string> answer(std::string_view query,
                                      Transport transport,
                                      const TxtSource& source) const;

private:
    Message reply_to(const Message& query, const TxtSource& source) const;
    void answer_question(const TxtSource& source, Message& reply) const;
    Records records_at(const Name& name, const TxtSource& source) const;
    Record soa_for(const Name& name) const;

    ZoneSettings settings_;
    Name mailbox_;
};

}  // namespace dns
