// World: name servers and what each of them knows, for whoever asks them. The
// recursive one has no address. Answers take ten milliseconds; nothing is
// sent.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/rdata.h"
#include "dns/resolver.h"
#include "dns_bytes.h"
#include "manager_loop.h"

namespace dns_test {

using manager_test::Loop;
using namespace std::chrono_literals;

inline void expect_error(const base::Status& status, base::ErrorKind kind,
                         const std::string& what)
{
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, kind);
    EXPECT_THAT(status.error().message, testing::HasSubstr(what));
}

struct World {
    Loop loop;
    std::map<std::string, dns::Records> known;
    std::map<std::string, dns::Rcode> refuses;  // what they answer
    std::set<std::string> silent;
    std::vector<std::string> asked;  // "name type @server"

    void know(const std::string& server, const dns::Record& record)
    {
        known[server].push_back(record);
    }

    // A zone, for the recursive server, with the primary that its SOA names.
    void know_zone(const std::string& zone, const std::string& primary)
    {
        const dns::Soa soa{name(primary), name("hostmaster." + zone)};
        know("", dns::make_soa(name(zone), soa, 60));
    }

    void know_address(const std::string& host, const std::string& address)
    {
        know("", *dns::make_address(name(host), address, 60));
    }

    void know_server(const std::string& zone, const std::string& host,
                     const std::string& address)
    {
        know("", dns::make_ns(name(zone), name(host), 60));
        know_address(host, address);
    }

    base::Result<dns::Message> answer(const dns::Name& name, dns::Type type,
                                      const std::string& server) const
    {
        if (silent.contains(server)) {
            return base::Error{base::ErrorKind::network, "no answer"};
        }
        auto message = query_for(name, type);
        message.header.authoritative = !server.empty();
        if (refuses.contains(server)) {
            message.header.rcode = refuses.at(server);
            // NOERROR: one that was never told of the zone.
            message.header.authoritative =
                message.header.rcode != dns::Rcode::no_error;
            return message;
        }
        const auto found = known.find(server);
        select(found == known.end() ? dns::Records() : found->second, message);
        return message;
    }

private:
    static void select(const dns::Records& records, dns::Message& message)
    {
        const auto& question = message.questions.front();
        message.header.rcode = dns::Rcode::no_such_name;
        for (const auto& record : records) {
            if (!(record.name == question.name)) {
                continue;
            }
            message.header.rcode = dns::Rcode::no_error;
            if (record.type == question.type
                || record.type == dns::Type::cname)
            {
                message.answers.push_back(record);
            }
        }
    }
};

// Things that happen later, unless their owner is gone by then.
class Delayed {
public:
    explicit Delayed(Loop& loop) : loop_(loop) {}

    void after(base::Duration delay, const std::function<void()>& action)
    {
        const auto number = ++made_;
        timers_[number] = loop_.after(delay, [this, number, action] {
            timers_.erase(number);
            action();
        });
    }

private:
    Loop& loop_;
    unsigned made_ = 0;
    std::map<unsigned, std::unique_ptr<base::Timer>> timers_;
};

class Resolver : public dns::Resolver {
public:
    explicit Resolver(World& world) : world_(world), later_(world.loop) {}

    void ask(const dns::Name& name, dns::Type type,
             const std::vector<std::string>& servers, Done done) override
    {
        const auto server = servers.empty() ? "" : servers.front();
        world_.asked.push_back(name.to_text() + " "
                               + std::to_string(unsigned(type)) + " @"
                               + server);
        later_.after(world_.silent.contains(server) ? 10s : 10ms,
                     [=, this] { done(world_.answer(name, type, server)); });
    }

private:
    World& world_;
    Delayed later_;
};

}  // namespace dns_test
