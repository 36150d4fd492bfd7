// UpdateServer: a name server that takes signed updates, behind an Exchange.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "dns/exchange.h"
#include "dns_tsig.h"
#include "dns_world.h"

namespace dns_test {

struct UpdateServer {
    explicit UpdateServer(Loop& l) : loop(l) {}

    Loop& loop;
    Server answers;  // how it answers: rcode, key
    base::Duration ahead{0};
    std::set<std::string> unreachable;

    struct Sent {
        std::string server;
        std::string zone;
        std::string name;
        dns::Class rr_class;  // none: the record is removed
        std::string value;
        std::uint32_t ttl;
        base::Time signed_at;
    };
    std::vector<Sent> sent;

    base::Result<std::string> answer(const std::string& server,
                                     const std::string& bytes)
    {
        const auto message = *dns::parse_message(bytes);
        dns::Reader tsig(message.additional.back().rdata);
        tsig.name();
        const auto seconds = std::int64_t(tsig.u48());
        const auto& record = message.authority.front();
        sent.push_back({server, message.questions.front().name.to_text(),
                        record.name.to_text(), record.rr_class,
                        *dns::read_txt(record), record.ttl,
                        base::Time(std::chrono::seconds(seconds))});
        if (unreachable.contains(server)) {
            return base::Error{base::ErrorKind::network,
                               "name server " + server + ": no route"};
        }
        tsig.u16();
        const std::string mac(tsig.take(tsig.u16()));
        return answer_to({bytes, mac}, message.header.id, seconds);
    }

private:
    std::string answer_to(const dns::SignedMessage& request, std::uint16_t id,
                          std::int64_t signed_at) const
    {
        auto server = answers;
        server.id = server.original_id = id;
        const auto now = std::chrono::floor<std::chrono::seconds>(
            loop.true_time() + ahead);
        const auto time = now.time_since_epoch().count();
        server.time = std::uint64_t(time);
        if (answers.error == 0 && std::abs(time - signed_at) > 300) {
            server.rcode = dns::Rcode::not_authorized;
            server.error = 18;
            server.time = std::uint64_t(signed_at);
            dns::put_u48(server.other, std::uint64_t(time));
        }
        return server.answer_to(request);
    }
};

class Exchange : public dns::Exchange {
public:
    explicit Exchange(UpdateServer& server)
        : server_(server), later_(server.loop)
    {}

    void send(const dns::ServerAddress& to, const std::string& message,
              Done done) override
    {
        later_.after(10ms, [this, to = to.to_text(), message, done] {
            done(server_.answer(to, message));
        });
    }

private:
    UpdateServer& server_;
    Delayed later_;
};

}  // namespace dns_test
