// What the manager is given: the machine, the state, and where finished
// certificates go. All of it outlives the manager.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ports.h"
#include "base/result.h"
#include "base/secret.h"
#include "challenge/solver.h"
#include "deploy/target.h"
#include "dns/resolver.h"
#include "http/client.h"
#include "manager/command.h"
#include "manager/settings.h"
#include "status/counts.h"
#include "status/detail.h"
#include "status/head.h"
#include "store/store.h"

namespace manager {

// What is stapled to a certificate (RFC 6066, section 8).
struct Staple {
    std::string fingerprint;  // SHA-256 of the certificate, hexadecimal
    base::Time holds_until;
    std::string response;  // OCSP, DER
};

// Where certificates are served from.
class CertificateSink {
public:
    virtual ~CertificateSink() = default;
    // All workers serve this bundle from their next handshake on. On an Error
    // they go on with the one they have.
    virtual base::Status publish(const std::string& id,
                                 const base::Secret& bundle) = 0;
    // What is served; nothing when there is none yet.
    virtual std::optional<base::Secret> current(const std::string& id) = 0;
    // Of that certificate, while it is the one served.
    virtual base::Status publish(const std::string& id,
                                 const Staple& staple) = 0;
    // Forgets the certificates that are not among these.
    virtual void retain(const std::vector<std::string>& ids) = 0;
};

// Where it is shown how it goes.
class StatusBoard {
public:
    virtual ~StatusBoard() = default;
    virtual void publish(const std::string& id, const status::Head& head,
                         const status::Detail& detail) = 0;
    // Counts go on from one helper to the next.
    virtual void publish(const std::string& issuer,
                         const status::IssuerCounts& counts) = 0;
    virtual status::IssuerCounts counts_of(const std::string& issuer) = 0;
};

using ResolverFactory = std::function<std::unique_ptr<dns::Resolver>()>;

using ClientFactory =
    std::function<std::unique_ptr<http::Client>(const IssuerSettings&)>;

struct Ports {
    base::Clock& clock;
    base::Random& random;
    base::Timers& timers;
    base::LogSink& log;
    store::Store& store;
    store::Lock& lock;
    CertificateSink& sink;
    StatusBoard& status;
    CommandQueue& commands;
    ClientFactory make_client;
    std::vector<challenge::Solver*> solvers;
    ResolverFactory make_resolver;
    std::vector<deploy::Target*> targets = {};  // as in Settings::deploy
};

// The solver of a challenge type; null for one that is unknown here.
inline challenge::Solver* find_solver(const Ports& ports,
                                      const std::string& type)
{
    for (auto* solver : ports.solvers) {
        if (solver->type() == type) {
            return solver;
        }
    }
    return nullptr;
}

}  // namespace manager
