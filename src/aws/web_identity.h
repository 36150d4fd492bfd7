// WebIdentitySource: a token that the platform (EKS, an OIDC provider) keeps
// in a file, exchanged for a role's credentials at AWS' token service.
#pragma once

#include "aws/credential_source.h"

namespace aws {

class WebIdentitySource : public CredentialSource {
public:
    explicit WebIdentitySource(const Reach& reach) : reach_(reach) {}

    std::string_view name() const override { return "web identity"; }
    void look(Done done) override;

private:
    // Empty when it is not set up.
    struct Settings {
        std::string token_file, role, session;
    };

    base::Result<Settings> settings() const;
    base::Result<std::string> endpoint() const;
    base::Result<http::Request> request(const Settings& settings) const;

    Reach reach_;
};

}  // namespace aws
