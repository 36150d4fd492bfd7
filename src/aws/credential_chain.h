// CredentialChain: credentials from the first place that has some, in the
// order of AWS' own tools: environment, web identity, profile, container,
// instance. Lives in the helper process; none of it reaches a log.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/credential_source.h"
#include "base/ports.h"

namespace aws {

class CredentialChain {
public:
    using Done = std::function<void(base::Result<Credentials>)>;

    CredentialChain(Environment environment, http::Repeater& network,
                    base::Clock& clock);
    CredentialChain(const CredentialChain&) = delete;
    CredentialChain& operator=(const CredentialChain&) = delete;

    // Calls back once, perhaps from within. What expires is kept until a
    // quarter of an hour before (or the last quarter of a shorter life) and
    // used for a little longer when no new one is to be had; keys that do not
    // expire are looked up each time, so that new ones in a file count at
    // once. The Error names every place that was tried.
    void get(Done done);

    // AWS has refused what get() gave: it is not given again.
    void forget() { kept_.reset(); }

private:
    void look(std::size_t place);
    void on_finding(std::size_t place, base::Result<Finding> finding);
    void keep(const Credentials& credentials);
    void fail(base::Error error);
    void answer(const base::Result<Credentials>& result);

    const Environment environment_;
    base::Clock& clock_;
    std::vector<std::unique_ptr<CredentialSource>> sources_;
    std::vector<Done> waiting_;
    std::string tried_;
    std::optional<Credentials> kept_;
    base::Time refresh_at_;
};

}  // namespace aws
