// ContainerSource: the endpoint that ECS and EKS give to their containers.
#pragma once

#include "aws/credential_source.h"

namespace aws {

class ContainerSource : public CredentialSource {
public:
    explicit ContainerSource(const Reach& reach) : reach_(reach) {}

    std::string_view name() const override { return "container"; }
    void look(Done done) override;

private:
    base::Result<std::string> url() const;
    base::Result<std::string> authorization() const;

    Reach reach_;
};

}  // namespace aws
