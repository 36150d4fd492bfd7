// Stapler: has an OCSP response (RFC 6960) at hand for each certificate that is
// served and whose CA runs OCSP, and a new one before half of its time is over.
// Nothing waits for it: without one a handshake has no staple.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "crypto/ocsp.h"
#include "manager/managed_certificate.h"
#include "manager/ports.h"
#include "manager/settings.h"

namespace manager {

class Stapler {
public:
    using OnRevoked = std::function<void(ManagedCertificate&)>;

    // All that is given outlives it. Calls `on_revoked` when a CA says so of
    // what is served.
    Stapler(std::vector<ManagedCertificate>& certificates,
            const Settings& settings, Ports& ports, OnRevoked on_revoked)
        : certificates_(certificates),
          settings_(settings),
          ports_(ports),
          on_revoked_(std::move(on_revoked)),
          states_(certificates.size())
    {}

    // Looks what is to be done, and goes on by itself; to be called again when
    // another certificate is served.
    void start();

private:
    // What is known of one certificate's.
    struct State {
        std::string fingerprint;  // of the certificate; empty: not looked yet
        base::Time holds_until{};
        base::Time refresh_at{};
        unsigned failures = 0;  // in a row
        base::Time told{};      // the failure
    };

    void step();
    void load(std::size_t index);
    void ask(std::size_t index);
    void on_answer(std::size_t index, const std::string& fingerprint,
                   const crypto::Chain& chain,
                   const base::Result<http::Response>& result);
    void take(std::size_t index, const std::string& response,
              const crypto::OcspStatus& status);
    void fail(std::size_t index, const base::Error& error);
    void done();
    base::Result<crypto::Chain> chain_of(std::size_t index) const;
    http::Client& client(std::size_t issuer);

    std::vector<ManagedCertificate>& certificates_;
    const Settings& settings_;
    Ports& ports_;
    const OnRevoked on_revoked_;
    std::vector<State> states_;
    std::map<std::size_t, std::unique_ptr<http::Client>> clients_;  // by issuer
    std::set<std::size_t> asking_;
    std::unique_ptr<base::Timer> timer_;
};

}  // namespace manager
