// dns::Exchange on nginx's event loop: a connection for each message, which
// has 15 seconds. Helper process only.
#pragma once

#include "nginx/ngx.h"

#include <map>
#include <memory>

#include "base/ports.h"
#include "dns/exchange.h"
#include "event/dns_conversation.h"

namespace event {

class DnsExchange : public dns::Exchange {
public:
    explicit DnsExchange(base::Timers& timers) : timers_(timers) {}

    void send(const dns::ServerAddress& server, const std::string& message,
              Done done) override;

private:
    base::Timers& timers_;
    std::map<unsigned, std::unique_ptr<DnsConversation>> conversations_;
    unsigned last_ = 0;
};

}  // namespace event
