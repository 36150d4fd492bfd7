// Acm: certificates imported into AWS Certificate Manager, for CloudFront and
// load balancers. What is imported anew under its ARN is taken up by all that
// use it.
#pragma once

#include <memory>
#include <string>

#include "aws/signed_client.h"
#include "deploy/target.h"

namespace deploy {

struct AcmSettings {
    std::string arn;  // empty: ACM makes one at the first import
    std::string region;
    std::string endpoint;     // empty: the region's
    aws::Environment environment;
};

class Acm : public Target {
public:
    Acm(AcmSettings settings, std::unique_ptr<http::Client> client,
        const aws::Ports& ports);

    bool wants(Event event) const override
    {
        return brings_certificate(event);
    }
    void deliver(const Delivery& delivery, Done done) override;
    void examine(crypto::KeyType type, const std::string& memory,
                 const Verdict& done) override;

private:
    struct Task {
        Delivery delivery;
        Done done;
        std::string arn = {};    // empty: none yet
        std::string gone = {};   // the one that ACM does not know any more
        std::string token = {};  // of the page that is read next
        unsigned pages = 0;      // that were read
    };
    using Answer = std::function<void(const base::Result<http::Response>&)>;

    std::string arn_in(const std::string& memory) const;
    void find(const Task& task);
    void on_list(Task task, const http::Response& response);
    void describe(const Task& task);
    void on_described(Task task, const http::Response& response);
    void import(const Task& task);
    void on_imported(const Task& task, const http::Response& response);
    void send(const char* operation, http::Request request, Answer answer);
    void ask(const char* operation, std::string body, Answer answer);

    AcmSettings settings_;
    aws::SignedClient client_;
};

}  // namespace deploy
