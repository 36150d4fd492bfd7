// DnsConversation: one TCP connection to a name server, for one message and
// its answer, each with its length before it (RFC 1035, section 4.2.2), on
// nginx's event loop. Helper process only.
#pragma once

#include "nginx/ngx.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/ports.h"
#include "dns/server_address.h"
#include "event/socket_watch.h"

namespace event {

class DnsConversation {
public:
    using Finished = std::function<void(base::Result<std::string>)>;

    // Calls `finished` once, from the event loop; it may destroy this.
    DnsConversation(base::Timers& timers, dns::ServerAddress server,
                    Finished finished);
    ~DnsConversation();
    DnsConversation(const DnsConversation&) = delete;
    DnsConversation& operator=(const DnsConversation&) = delete;

    // Once.
    void start(const std::string& message);

private:
    void connect();
    void on_ready(bool writable);
    void write();
    void read();
    void take(std::string_view part);
    void fail(const std::string& why);
    void end(base::Result<std::string> outcome);
    void finish();

    base::Timers& timers_;
    dns::ServerAddress server_;
    Finished finished_;
    ngx_socket_t socket_ = -1;
    std::optional<SocketWatch> watch_;
    std::unique_ptr<base::Timer> timer_;
    std::string outgoing_;
    std::string incoming_;
    std::optional<base::Result<std::string>> outcome_;
};

}  // namespace event
