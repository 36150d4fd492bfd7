// Machine: what is found at the addresses of a name, for solvers that look at
// themselves from outside.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "challenge/outside.h"
#include "dns_world.h"

namespace challenge_test {

struct Machine {
    dns_test::World world;
    // By address; at others nobody answers.
    std::map<std::string, std::function<http::Response()>> answers;
    std::vector<http::Request> requests;

    challenge::Outside outside{
        [this] { return std::make_unique<dns_test::Resolver>(world); },
        std::make_unique<Client>(*this), world.loop};

private:
    class Client : public http::Client {
    public:
        explicit Client(Machine& machine)
            : machine_(machine), later_(machine.world.loop)
        {}

        void send(http::Request request, http::Completion completion) override
        {
            machine_.requests.push_back(request);
            const auto address = request.connect_to;
            later_.after(std::chrono::milliseconds(10), [=, this] {
                const auto found = machine_.answers.find(address);
                if (found == machine_.answers.end()) {
                    completion(base::Error{base::ErrorKind::network,
                                           "connection refused"});
                } else {
                    completion(found->second());
                }
            });
        }

    private:
        Machine& machine_;
        dns_test::Delayed later_;
    };
};

}  // namespace challenge_test
