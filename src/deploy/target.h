// Target: a place outside of this nginx that certificates are given to, or a
// program that is told of them (one acme_deploy block).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/identifier.h"
#include "base/result.h"
#include "crypto/bundle.h"

namespace deploy {

// What a target is told. The first two bring a certificate; a target gets the
// first one once, before all others.
enum class Event { issued, renewed, expiring, failed, revoked };

constexpr Event kEvents[] = {Event::issued, Event::renewed, Event::expiring,
                             Event::failed, Event::revoked};

// "issued"
std::string_view to_string(Event event);
std::optional<Event> parse_event(std::string_view text);

inline bool brings_certificate(Event event)
{
    return event == Event::issued || event == Event::renewed;
}

struct Delivery {
    Event event = Event::issued;
    std::string id;
    base::Identifiers names;
    std::string issuer;  // its name in the configuration
    // What is served; null while there is none.
    std::shared_ptr<const crypto::Bundle> bundle;
    std::string file;       // where the bundle is stored
    std::string directory;  // where it was exported to; empty: nowhere
    std::string error;      // why, when something has failed
    std::string memory;     // what remember() was given last
    // Stores what a helper has to know that goes on after this one was killed.
    std::function<base::Status(const std::string& memory)> remember;
};

class Target {
public:
    // A sentence about what was done.
    using Done = std::function<void(base::Result<std::string>)>;
    using Verdict = std::function<void(base::Status)>;

    virtual ~Target() = default;

    virtual bool wants(Event event) const = 0;

    // Calls `done` once, perhaps from within the call. What is not wanted is
    // not delivered; what was delivered before does no harm.
    virtual void deliver(const Delivery& delivery, Done done) = 0;

    // Whether what was delivered is still there, as far as that can be seen
    // without asking anybody.
    virtual bool has(const std::string& /*id*/,
                     const std::string& /*fingerprint*/) const
    {
        return true;
    }

    // Where the files of this certificate are; empty when that is nowhere.
    virtual std::string directory_of(const std::string& /*id*/) const
    {
        return {};
    }

    // Finds out, before a CA is asked, whether a certificate with such a key
    // could be delivered. An Error of kind config says why it could not;
    // any other one says that it is not known.
    virtual void examine(crypto::KeyType /*type*/,
                         const std::string& /*memory*/,
                         const Verdict& done)
    {
        done(base::ok());
    }
};

}  // namespace deploy
