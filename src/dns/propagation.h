// Propagation: where the TXT record of a challenge is, and whether the zone's
// own name servers have it: what the CA will ask, whatever caches still say.
// One object is for one record. Destroying it drops what is under way, which
// is why it has a resolver of its own; it MUST NOT happen from within one of
// its calls back.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ports.h"
#include "dns/answers.h"
#include "dns/authorities.h"

namespace dns {

class Propagation {
public:
    Propagation(std::unique_ptr<Resolver> resolver, base::Timers& timers,
                base::Clock& clock)
        : timers_(timers), clock_(clock), resolver_(std::move(resolver))
    {}

    using Followed = std::function<void(base::Result<Name>)>;
    // The name at which a chain of CNAMEs ends; the name itself without one.
    // Only name servers of the zones are asked about the names: no resolver
    // is made to keep that a record is not there yet.
    void follow(const Name& name, Followed done);

    // After follow(): the zone of that name.
    const Name& zone() const { return zone_; }

    using Texts = std::vector<std::string>;
    // Whether these, all of a server, are what is waited for.
    using Wanted = std::function<bool(const Texts& values)>;
    using There = std::function<void(base::Status)>;
    // After follow(): until what every authoritative name server that answers
    // has at the name is as wanted, and one does answer; asked at growing
    // pauses, for `limit` at most, and once with none. One that is down is no
    // reason to wait: the CA does not ask it either.
    void wait_for(Wanted wanted, base::Duration limit, There done);

private:
    void locate(const Name& name);
    void find_servers(const Name& zone);
    void ask_here();
    void on_located(const Answer& answer);
    void go_on_at(const Name& name);
    void look();
    void on_look(std::size_t server, const Answer& answer);
    void judge();
    void fail(base::Error error);

    base::Timers& timers_;
    base::Clock& clock_;

    Name name_;  // where the chain has come to
    std::string chain_;
    unsigned hops_ = 0;
    Followed followed_;
    Name zone_;            // which it is in
    Authorities servers_;  // of that zone

    Wanted wanted_;
    There there_;
    base::Time deadline_{};
    base::Duration pause_{0};
    std::size_t open_ = 0;  // questions without an answer yet
    bool somebody_has_it_ = false;
    std::optional<std::string> lacking_;  // who does not have it
    std::string silent_;                  // why nobody answers
    std::unique_ptr<base::Timer> timer_;
    // Destroyed first: nothing comes from it then.
    std::unique_ptr<Resolver> resolver_;
};

}  // namespace dns
