// Outside: this machine as a CA finds it, by the addresses that its names have
// in the DNS. What is found there may be another machine.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/identifier.h"
#include "base/ports.h"
#include "base/result.h"
#include "dns/authorities.h"
#include "http/client.h"

namespace challenge {

class Outside {
public:
    using MakeResolver = std::function<std::unique_ptr<dns::Resolver>()>;

    // What one of the addresses answers.
    struct View {
        std::string address;
        base::Result<http::Response> answer;
    };
    using Views = std::vector<View>;
    using Seen = std::function<void(base::Result<Views>)>;

    // All that is given outlives it. The client verifies no certificate: a CA
    // does not, either.
    Outside(MakeResolver make_resolver, std::unique_ptr<http::Client> client,
            base::Timers& timers)
        : make_resolver_(std::move(make_resolver)),
          client_(std::move(client)),
          timers_(timers)
    {}

    // Sends the request, whose URL has the name as its host, to each address
    // of the name. Calls `seen` once, never from within, with at least one
    // view, or with the reason why there is no address.
    void ask(const base::Identifier& identifier, const http::Request& request,
             Seen seen);

private:
    using Number = unsigned long;

    struct Visit {
        http::Request request;
        Seen seen;
        std::unique_ptr<dns::Resolver> resolver;
        Views views = {};
        std::size_t open = 0;
        std::unique_ptr<base::Timer> timer = {};
    };
    void on_addresses(Number number, base::Result<dns::Addresses> addresses);
    void finish(Number number, base::Result<Views> result);

    MakeResolver make_resolver_;
    std::unique_ptr<http::Client> client_;
    base::Timers& timers_;
    std::map<Number, Visit> visits_;
    Number last_ = 0;
};

// Whether all that answer are this nginx, and one does. A CA takes any of the
// addresses, but another one where nothing answers. `port` is what was
// asked, as "port 80"; `describe` completes "who ..." for an answer that is not
// ours.
base::Status judge(
    const base::Identifier& identifier, const Outside::Views& views,
    const std::string& port,
    const std::function<bool(const http::Response&)>& is_ours,
    const std::function<std::string(const http::Response&)>& describe);

}  // namespace challenge
