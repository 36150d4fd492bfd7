// Rfc2136: TXT records written by dynamic updates (RFC 2136) that are signed
// with TSIG and sent over TCP, to BIND, Knot, PowerDNS or whatever takes them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/ports.h"
#include "dns/exchange.h"
#include "dns/provider.h"
#include "dns/resolver.h"
#include "dns/tsig.h"
#include "dns/turns.h"
#include "dns/update.h"

namespace dns {

struct Rfc2136Settings {
    // Absent: the primary one that the zone's SOA record names, at each of its
    // addresses until one takes the connection.
    std::optional<ServerAddress> server;
    // Absent: found by the name.
    std::optional<Name> zone;
    TsigKey key;
    std::uint32_t ttl = 60;  // seconds
};

class Rfc2136 : public Provider {
public:
    Rfc2136(Rfc2136Settings settings, std::unique_ptr<Resolver> resolver,
            std::unique_ptr<Exchange> exchange, base::Clock& clock);

    // Done when the server has changed the zone. One update at a time: BIND
    // writes them one after the other as well. Errors name the zone, the
    // server and the rcode; no server says when to come again (retry_at).
    void add(const TxtRecord& record, Done done) override;
    void remove(const TxtRecord& record, Done done) override;

private:
    enum class Action { add, remove };

    struct Task {
        Action action;
        TxtChange change;
        Done done;
        std::vector<ServerAddress> servers = {};  // the first is next
        // The server's clock against this machine's, once it has told it.
        std::optional<base::Duration> ahead = std::nullopt;
    };

    void take_turn(Action action, const TxtRecord& record, const Done& done);
    void start(const Task& task);
    void find_zone(const Task& task);
    void find_server(const Task& task, const Name& host);
    void send(const Task& task);
    void on_answer(const Task& task, const SignedMessage& request,
                   const base::Result<std::string>& answer);
    base::Result<SignedMessage> make_request(const Task& task);
    base::Time time_of(const Task& task) const;

    Rfc2136Settings settings_;
    base::Clock& clock_;
    Turns turns_;
    std::uint16_t last_id_ = 0;
    // Destroyed first: nothing comes from them then.
    std::unique_ptr<Resolver> resolver_;
    std::unique_ptr<Exchange> exchange_;
};

}  // namespace dns
