// Ports: where state is kept, and the lock that makes one client of many
// processes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "store/history.h"
#include "store/records.h"

namespace store {

// Every write is atomic and durable when it returns; what is written is
// readable by its owner alone. Errors are of kind storage and name the file.
// Reading gives nothing for what is not there; what is there but damaged is
// put into quarantine (by a store that may write), reported as an Error, and
// not there any more afterwards.
class Store {
public:
    virtual ~Store() = default;

    // Whether a write would succeed: asked before a CA is bothered.
    virtual base::Status probe() = 0;

    virtual base::Result<std::optional<Account>> load_account(
        const std::string& issuer, const std::string& directory) = 0;
    virtual base::Status save_account(const std::string& issuer,
                                      const Account& account) = 0;

    // The bundle's text, not judged.
    virtual base::Result<std::optional<base::Secret>> load_bundle(
        const std::string& id) = 0;
    virtual base::Status save_bundle(const std::string& id,
                                     const base::Secret& bundle) = 0;
    // Moves a bundle that turned out to be damaged out of the way.
    virtual base::Status quarantine_bundle(const std::string& id) = 0;
    // Ids of all bundles, sorted.
    virtual base::Result<std::vector<std::string>> bundle_ids() = 0;

    virtual base::Result<std::optional<Job>> load_job(
        const std::string& id) = 0;
    virtual base::Status save_job(const std::string& id, const Job& job) = 0;
    virtual base::Status remove_job(const std::string& id) = 0;

    virtual base::Result<std::optional<Renewal>> load_renewal(
        const std::string& id) = 0;
    virtual base::Status save_renewal(const std::string& id,
                                      const Renewal& renewal) = 0;

    // Of the certificate `id` and the acme_deploy block `name`.
    virtual base::Result<std::optional<Deployment>> load_deployment(
        const std::string& id, const std::string& name) = 0;
    virtual base::Status save_deployment(const std::string& id,
                                         const std::string& name,
                                         const Deployment& deployment) = 0;

    // An OCSP response, in DER, not judged.
    virtual base::Result<std::optional<base::Secret>> load_staple(
        const std::string& id) = 0;
    virtual base::Status save_staple(const std::string& id,
                                     const base::Secret& response) = 0;

    // Empty when nothing has happened yet.
    virtual base::Result<History> load_history(const std::string& id) = 0;
    virtual base::Status save_history(const std::string& id,
                                      const History& history) = 0;
};

class Lock {
public:
    virtual ~Lock() = default;
    // Takes the lock if nobody has it; keeps it until the process ends.
    virtual base::Result<bool> try_acquire() = 0;
};

}  // namespace store
