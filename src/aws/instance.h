// InstanceSource: the role of the EC2 instance, from its metadata service in
// its second version (IMDSv2). A token is asked for at each look and not kept:
// that is once in hours.
#pragma once

#include "aws/credential_source.h"

namespace aws {

class InstanceSource : public CredentialSource {
public:
    explicit InstanceSource(const Reach& reach) : reach_(reach) {}

    std::string_view name() const override { return "instance metadata"; }
    void look(Done done) override;

private:
    struct Look {
        std::string base_url;
        std::string token;
        Done done;
        bool token_refused = false;
    };

    void fetch_token(const Look& look);
    void on_token(Look look, const http::Response& response);
    void fetch_role(const Look& look);
    void on_role(Look look, const http::Response& response);
    void get(const Look& look, const std::string& path,
             http::Completion completion);

    Reach reach_;
};

}  // namespace aws
