// Source: one place where credentials may be found.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <string_view>

#include "aws/credentials.h"
#include "aws/environment.h"
#include "http/repeater.h"

namespace aws {

// What a look gave: credentials, or why there are none to be expected here.
struct Finding {
    std::optional<Credentials> credentials;
    std::string absence = {};
};

inline Finding nothing(std::string why) { return {std::nullopt, std::move(why)}; }

class CredentialSource {
public:
    using Done = std::function<void(base::Result<Finding>)>;

    virtual ~CredentialSource() = default;

    // For messages: "environment".
    virtual std::string_view name() const = 0;

    // Calls back once, perhaps from within. A place that somebody has named
    // (by a variable, a profile) and that gives nothing is an Error, not an
    // absence: what comes after it would be an identity that nobody meant.
    virtual void look(Done done) = 0;
};

// What a source is made from; both outlive it.
struct Reach {
    const Environment& environment;
    http::Repeater& network;
};

}  // namespace aws
