// MemoryStore: the state directory of the manager's tests, and what can go
// wrong with one. Records lie in it as the text they would be on disk.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace manager_test {

class MemoryStore : public store::Store {
public:
    bool read_only = false;        // the probe and every write fail
    bool refuses_bundles = false;  // the probe does not notice
    bool refuses_jobs = false;     // likewise
    std::set<std::string> unreadable;  // bundles that cannot be opened
    std::set<std::string> damaged;     // bundles that are quarantined when read
    std::vector<std::string> quarantined;

    std::map<std::string, base::Secret> bundles;
    std::map<std::string, base::Secret> jobs;
    std::map<std::string, base::Secret> renewals;
    std::map<std::string, base::Secret> staples;
    std::map<std::string, base::Secret> histories;
    std::map<std::pair<std::string, std::string>, base::Secret> deployments;
    std::map<std::pair<std::string, std::string>, base::Secret> accounts;

    // The job as it is stored, an empty one when there is none.
    store::Job job(const std::string& id)
    {
        auto found = load_job(id);
        return found ? (*found).value_or(store::Job{}) : store::Job{};
    }

    base::Status probe() override { return writable("probe"); }

    base::Result<std::optional<store::Account>> load_account(
        const std::string& issuer, const std::string& directory) override
    {
        return load(accounts, {issuer, directory}, store::decode_account);
    }

    base::Status save_account(const std::string& issuer,
                              const store::Account& account) override
    {
        return save(accounts, {issuer, account.directory},
                    store::encode(account));
    }

    base::Result<std::optional<base::Secret>> load_bundle(
        const std::string& id) override
    {
        if (unreadable.contains(id)) {
            return failure("reading the bundle of " + id);
        }
        if (damaged.erase(id) > 0) {
            (void) quarantine_bundle(id);
            return failure("the bundle of " + id + " is damaged");
        }
        const auto found = bundles.find(id);
        return found == bundles.end() ? std::optional<base::Secret>()
                                      : std::optional(found->second);
    }

    base::Status save_bundle(const std::string& id,
                             const base::Secret& bundle) override
    {
        return refuses_bundles ? failure("writing the bundle of " + id)
                               : save(bundles, id, bundle);
    }

    base::Status quarantine_bundle(const std::string& id) override
    {
        quarantined.push_back(id);
        bundles.erase(id);
        return base::ok();
    }

    base::Result<std::vector<std::string>> bundle_ids() override
    {
        std::vector<std::string> ids;
        for (const auto& entry : bundles) {
            ids.push_back(entry.first);
        }
        return ids;
    }

    base::Result<std::optional<store::Job>> load_job(
        const std::string& id) override
    {
        return load(jobs, id, store::decode_job);
    }

    base::Status save_job(const std::string& id,
                          const store::Job& job) override
    {
        return refuses_jobs ? failure("writing the job of " + id)
                            : save(jobs, id, store::encode(job));
    }

    base::Status remove_job(const std::string& id) override
    {
        jobs.erase(id);
        return base::ok();
    }

    base::Result<std::optional<store::Renewal>> load_renewal(
        const std::string& id) override
    {
        return load(renewals, id, store::decode_renewal);
    }

    base::Status save_renewal(const std::string& id,
                              const store::Renewal& renewal) override
    {
        return save(renewals, id, store::encode(renewal));
    }

    base::Result<std::optional<store::Deployment>> load_deployment(
        const std::string& id, const std::string& name) override
    {
        return load(deployments, {id, name}, store::decode_deployment);
    }

    base::Status save_deployment(const std::string& id,
                                 const std::string& name,
                                 const store::Deployment& deployment) override
    {
        return save(deployments, {id, name}, store::encode(deployment));
    }

    base::Result<std::optional<base::Secret>> load_staple(
        const std::string& id) override
    {
        const auto found = staples.find(id);
        return found == staples.end() ? std::optional<base::Secret>()
                                      : std::optional(found->second);
    }

    base::Status save_staple(const std::string& id,
                             const base::Secret& response) override
    {
        return save(staples, id, response);
    }

    base::Result<store::History> load_history(const std::string& id) override
    {
        auto history = load(histories, id, store::decode_history);
        if (!history) {
            return history.error();
        }
        return std::move(*history).value_or(store::History{});
    }

    base::Status save_history(const std::string& id,
                              const store::History& history) override
    {
        return save(histories, id, store::encode(history));
    }

private:
    static base::Error failure(const std::string& what)
    {
        return {base::ErrorKind::storage, what + " failed"};
    }

    base::Status writable(const std::string& what) const
    {
        return read_only ? base::Status(failure(what)) : base::ok();
    }

    template <typename Map>
    base::Status save(Map& map, const typename Map::key_type& key,
                      base::Secret text)
    {
        auto status = writable("writing");
        if (status) {
            map[key] = std::move(text);
        }
        return status;
    }

    template <typename Map, typename Value>
    static base::Result<std::optional<Value>> load(
        const Map& map, const typename Map::key_type& key,
        base::Result<Value> (*decode)(std::string_view))
    {
        const auto found = map.find(key);
        if (found == map.end()) {
            return std::optional<Value>();
        }
        auto value = decode(found->second.reveal());
        if (!value) {
            return value.error();
        }
        return std::optional(std::move(*value));
    }
};

}  // namespace manager_test
