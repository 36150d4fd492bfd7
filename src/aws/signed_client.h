// SignedClient: requests to one AWS service, signed with the credentials that
// are found, and repeated with growing pauses when the service asks for it.
#pragma once

#include <memory>
#include <string>

#include "aws/credential_chain.h"
#include "http/repeater.h"

namespace aws {

struct Service {
    std::string name;    // "route53"
    std::string region;  // "us-east-1"
};

// What is needed of the machine; all outlive what is given them.
struct Ports {
    base::Clock& clock;
    base::Timers& timers;
    base::Random& random;
};

class SignedClient {
public:
    SignedClient(Service service, Environment environment,
                 std::unique_ptr<http::Client> client, const Ports& ports);

    // Completes once, perhaps from within the call when there are no
    // credentials. An answer that is_transient() is the last of several; one
    // that is not repeatable is repeated when it was throttled only. A request
    // whose answer was lost is not sent again.
    void send(http::Request request, http::Completion completion);

private:
    void sign(http::Request& request, const Credentials& credentials) const;
    void observe(const http::Response& response);

    Service service_;
    http::Repeater network_;
    CredentialChain credentials_;
};

}  // namespace aws
