// Solver: one way to prove control of an identifier.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/identifier.h"
#include "base/result.h"

namespace challenge {

// What has to be proved, for one authorization.
struct Proof {
    base::Identifier identifier;
    std::string token;
    std::string key_authorization;
    // Who writes DNS records for it: a name that the configuration gave, empty
    // for the zone that this nginx answers for itself.
    std::string dns = {};
    // A name and its wildcard are proved at once: at the same place in the DNS.
    bool is_one_of_two = false;
    // Our account as the CA's records call it, preferred first: its URL, but
    // for dns-persist-01.
    std::vector<std::string> accounts = {};
    // dns-persist-01: what the CA is called in records, preferred first.
    std::vector<std::string> issuers = {};
};

class Solver {
public:
    using Presented = std::function<void(base::Status)>;

    virtual ~Solver() = default;

    // The challenge type in RFC 8555's terms: "http-01".
    virtual std::string_view type() const = 0;

    // MUST make the proof visible to the CA, then call `presented` once
    // (possibly from within this call). MUST NOT report success before the
    // CA's queries would succeed (RFC 8555, section 8.2).
    virtual void present(const Proof& proof, Presented presented) = 0;

    // MUST remove what present() made, also after a failed present(), and
    // MUST be harmless when there is nothing.
    virtual void clean_up(const Proof& proof) = 0;

    // MUST remove what an earlier process presented, too. Called while
    // nothing is being proved.
    virtual void clean_up_all() = 0;

    // Finds out, before a CA is asked, whether it would find what present()
    // shows, as far as that can be seen from here; `proof` is made up for it.
    // The Error is a sentence that a person can act on. MUST call `done` once,
    // possibly from within this call, and leave nothing behind.
    virtual void preflight(const Proof& proof, Presented done) = 0;
};

}  // namespace challenge
