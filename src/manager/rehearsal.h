// Rehearsal: the whole of an issuance, validation included, at the CA's
// staging twin; what comes of it is judged and thrown away. Nothing is
// installed, and nothing is kept but the account there.
#pragma once

#include <functional>

#include "manager/attempt.h"
#include "manager/issuer.h"
#include "manager/ports.h"
#include "manager/settings.h"

namespace manager {

// Where a rehearsal's order is remembered: nowhere.
class NoStore : public store::Store {
public:
    base::Status probe() override { return base::ok(); }
    base::Result<std::optional<store::Account>> load_account(
        const std::string&, const std::string&) override
    {
        return std::optional<store::Account>();
    }
    base::Status save_account(const std::string&,
                              const store::Account&) override
    {
        return base::ok();
    }
    base::Result<std::optional<base::Secret>> load_bundle(
        const std::string&) override
    {
        return std::optional<base::Secret>();
    }
    base::Status save_bundle(const std::string&, const base::Secret&) override
    {
        return base::ok();
    }
    base::Status quarantine_bundle(const std::string&) override
    {
        return base::ok();
    }
    base::Result<std::vector<std::string>> bundle_ids() override
    {
        return std::vector<std::string>();
    }
    base::Result<std::optional<store::Job>> load_job(
        const std::string&) override
    {
        return std::optional<store::Job>();
    }
    base::Status save_job(const std::string&, const store::Job&) override
    {
        return base::ok();
    }
    base::Status remove_job(const std::string&) override { return base::ok(); }
    base::Result<std::optional<store::Renewal>> load_renewal(
        const std::string&) override
    {
        return std::optional<store::Renewal>();
    }
    base::Status save_renewal(const std::string&,
                              const store::Renewal&) override
    {
        return base::ok();
    }
    base::Result<std::optional<store::Deployment>> load_deployment(
        const std::string&, const std::string&) override
    {
        return std::optional<store::Deployment>();
    }
    base::Status save_deployment(const std::string&, const std::string&,
                                 const store::Deployment&) override
    {
        return base::ok();
    }
    base::Result<std::optional<base::Secret>> load_staple(
        const std::string&) override
    {
        return std::optional<base::Secret>();
    }
    base::Status save_staple(const std::string&, const base::Secret&) override
    {
        return base::ok();
    }
    base::Result<store::History> load_history(const std::string&) override
    {
        return store::History();
    }
    base::Status save_history(const std::string&,
                              const store::History&) override
    {
        return base::ok();
    }
};

class Rehearsal {
public:
    // `staging` has been prepared. What is given outlives the rehearsal, but
    // for the ports, of which it has its own. `challenge` is the type to begin
    // with, or empty.
    Rehearsal(const CertificateSettings& settings, Issuer& staging,
              const Ports& ports, const std::string& challenge)
        : ports_{ports.clock, ports.random, ports.timers, ports.log, store_,
                 ports.lock, ports.sink, ports.status, ports.commands,
                 ports.make_client, ports.solvers, ports.make_resolver},
          attempt_(settings, staging, job_, ports_)
    {
        job_.challenge = challenge;
    }
    Rehearsal(const Rehearsal&) = delete;
    Rehearsal& operator=(const Rehearsal&) = delete;

    void start(Attempt::Done done)
    {
        attempt_.start(std::move(done), [] {});
    }

    // As of an Attempt.
    bool idle() const { return attempt_.idle(); }
    std::string activity() const { return attempt_.activity(); }

private:
    NoStore store_;
    store::Job job_;
    Ports ports_;
    Attempt attempt_;
};

}  // namespace manager
