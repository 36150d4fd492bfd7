// Route53Changes: waits until all of Route 53's name servers have a change.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "aws/signed_client.h"
#include "base/ports.h"
#include "dns/provider.h"

namespace dns {

class Route53Changes {
public:
    // `root` is the API's URL with its version. Both outlive this.
    Route53Changes(aws::SignedClient& client, base::Timers& timers,
                   std::string root);

    // Until INSYNC, which takes less than a minute as a rule; an Error of
    // kind protocol after three. A look that got no answer is just no answer.
    void await(const std::string& id, Provider::Done done);

private:
    struct Watch {
        std::string id;
        Provider::Done done;
        std::unique_ptr<base::Timer> deadline = nullptr;
        std::unique_ptr<base::Timer> next = nullptr;
    };

    void look_later(unsigned number);
    void look(unsigned number);
    void on_answer(unsigned number,
                   const base::Result<http::Response>& result);
    void end(unsigned number, base::Status status);

    aws::SignedClient& client_;
    base::Timers& timers_;
    std::string root_;
    std::map<unsigned, Watch> watches_;
    unsigned last_ = 0;
};

}  // namespace dns
