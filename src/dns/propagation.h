// Propagation: where the TXT record of a challenge is, and whether the zone's
// own name servers have it: what the CA will ask, whatever caches still say.
// One object is for one record; destroying it drops what is under way, which
// must not happen from within one of its calls back.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ports.h"
#include "dns/provider.h"
#include "dns/resolver.h"

namespace dns {

class Propagation {
public:
    Propagation(Resolver& resolver, base::Timers& timers, base::Clock& clock)
        : resolver_(resolver), timers_(timers), clock_(clock)
    {}
    Propagation(const Propagation&) = delete;
    Propagation& operator=(const Propagation&) = delete;

    using Followed = std::function<void(base::Result<Name>)>;
    // The name at which a chain of CNAMEs ends; the name itself without one.
    // Only name servers of the zones are asked about the names: no resolver
    // is made to keep that a record is not there yet.
    void follow(const Name& name, Followed done);

    using There = std::function<void(base::Status)>;
    // After follow() to the record's name: until every authoritative name
    // server that answers has the record, and one does; asked at growing
    // pauses, for `limit` at most. One that is down is no reason to wait: the
    // CA does not ask it either.
    void wait_for(const TxtRecord& record, base::Duration limit, There done);

private:
    // Guards what the resolver calls back.
    using Alive = std::weak_ptr<int>;
    using Step = std::function<void(const Message&)>;

    void ask(const Name& name, Type type,
             const std::vector<std::string>& servers,
             std::function<void(base::Result<Message>)> done);
    // The same of recursive servers; without an answer it all ends.
    void ask_first(const Name& name, Type type, Step step);
    void locate(const Name& name);
    void find_servers(const Name& zone);
    void find_addresses(const Records& servers);
    void on_addresses(const Name& server, const base::Result<Message>& result);
    void on_located(const base::Result<Message>& result);
    void go_on_at(const Name& name);
    void look();
    void on_look(const std::string& server,
                 const base::Result<Message>& result);
    void judge();
    void fail(base::Error error);

    Resolver& resolver_;
    base::Timers& timers_;
    base::Clock& clock_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);

    Name name_;  // where the chain has come to
    std::string chain_;
    unsigned hops_ = 0;
    Followed followed_;
    TxtRecord record_;
    There there_;
    base::Time deadline_{};
    base::Duration pause_{0};
    std::set<std::string> addresses_;
    unsigned open_ = 0;      // questions without an answer yet
    bool somebody_has_it_ = false;
    std::optional<std::string> lacking_;  // who does not have it
    std::string silent_;                  // why nobody answers
    std::unique_ptr<base::Timer> timer_;
};

}  // namespace dns
