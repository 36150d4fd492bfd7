// Dynamic updates (RFC 2136) of single TXT records: a name may have several
// values, as when one certificate covers a name and its wildcard, and other
// programs may have records there. So single records come and go, never the
// set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "dns/message.h"
#include "dns/tsig.h"

namespace dns {

struct TxtChange {
    Name zone;  // as its SOA record names it
    Name name;
    std::string value;
};

// To be signed and sent, over TCP best. Adding what is there, and removing
// what is not, succeeds (RFC 2136, sections 3.4.2.2 and 3.4.2.4).
Message make_addition(const TxtChange& change, std::uint32_t ttl,
                      std::uint16_t id);
Message make_removal(const TxtChange& change, std::uint16_t id);

struct UpdateOutcome {
    // Of kind config when the server, and nobody else, says that it will not
    // have the update; else protocol. The sentence names the rcode.
    base::Status status;
    // With the status of an update that was refused for its time alone: the
    // server's clock. The update may be signed with it and sent once more.
    std::optional<base::Time> server_time;
};

UpdateOutcome read_response(std::string_view bytes,
                            const SignedMessage& request, const TsigKey& key,
                            base::Time now);

}  // namespace dns
