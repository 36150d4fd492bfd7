#include "event/dns_exchange.h"

#include <utility>

namespace event {

void DnsExchange::send(const dns::ServerAddress& server,
                       const std::string& message, Done done)
{
    const unsigned number = ++last_;
    auto& conversation = conversations_[number];
    conversation = std::make_unique<DnsConversation>(
        timers_, server, [this, number, done = std::move(done)](
                             base::Result<std::string> answer) {
            conversations_.erase(number);
            // It may destroy the exchange.
            done(std::move(answer));
        });
    conversation->start(message);
}

}  // namespace event
