// The places on this machine that hold keys as they are: the environment and
// the files that AWS' tools share.
#pragma once

#include "aws/credential_source.h"
#include "aws/profile.h"

namespace aws {

class EnvironmentSource : public CredentialSource {
public:
    explicit EnvironmentSource(const Reach& reach) : reach_(reach) {}

    std::string_view name() const override { return "environment"; }
    void look(Done done) override;

private:
    base::Result<Finding> find() const;

    Reach reach_;
};

// A section may point elsewhere: to a program (credential_process), to single
// sign-on, to another profile's role. None of these is supported, and a
// profile that wants one is an Error.
class ProfileSource : public CredentialSource {
public:
    explicit ProfileSource(const Reach& reach) : reach_(reach) {}

    std::string_view name() const override { return "profile"; }
    void look(Done done) override;

private:
    base::Result<Finding> find() const;
    base::Result<Finding> absent(const ProfileReading& credentials,
                                 const ProfileReading& config) const;

    Reach reach_;
};

}  // namespace aws
