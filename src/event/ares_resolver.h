// dns::Resolver: c-ares on nginx's event loop. A question is given up after
// ten seconds. Helper process only.
#pragma once

#include "nginx/ngx.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ports.h"
#include "dns/resolver.h"
#include "event/ares_question.h"

namespace event {

class AresResolver : public dns::Resolver {
public:
    // `recursive` are asked when a question names no servers; without any,
    // those of /etc/resolv.conf, which is read for each question.
    explicit AresResolver(base::Timers& timers,
                          std::vector<std::string> recursive = {});

    // Named servers are asked for what they know themselves (RD is clear).
    void ask(const dns::Name& name, dns::Type type,
             const std::vector<std::string>& servers, Done done) override;

private:
    base::Timers& timers_;
    std::vector<std::string> recursive_;
    std::map<unsigned, std::unique_ptr<AresQuestion>> questions_;
    unsigned last_ = 0;
};

}  // namespace event
