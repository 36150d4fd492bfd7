// FileStore: state as files below one directory (layout.h says which). Used
// by the helper, which writes and must have the Lock before it does, and by
// the master at start, which only reads: it runs as root in a directory that
// belongs to the worker user, so it follows no link and opens nothing but
// regular files.
#pragma once

#include <memory>
#include <string>

#include "base/ports.h"
#include "dns/acme_dns_registration.h"
#include "base/posix.h"
#include "store/store.h"

namespace store {

struct Place;

class FileStore : public Store {
public:
    enum class Access { read_only, read_write };

    // `root` is the absolute path of a directory; the folders below it are
    // made at the first write. A root that is not there reads as empty.
    FileStore(std::string root, Access access, const base::Clock& clock);

    base::Status probe() override;
    base::Result<std::optional<Account>> load_account(
        const std::string& issuer, const std::string& directory) override;
    base::Status save_account(const std::string& issuer,
                              const Account& account) override;
    base::Result<std::optional<base::Secret>> load_bundle(
        const std::string& id) override;
    base::Status save_bundle(const std::string& id,
                             const base::Secret& bundle) override;
    base::Status quarantine_bundle(const std::string& id) override;
    base::Result<std::vector<std::string>> bundle_ids() override;
    base::Result<std::optional<Job>> load_job(const std::string& id) override;
    base::Status save_job(const std::string& id, const Job& job) override;
    base::Status remove_job(const std::string& id) override;
    base::Result<std::optional<Renewal>> load_renewal(
        const std::string& id) override;
    base::Status save_renewal(const std::string& id,
                              const Renewal& renewal) override;
    base::Result<std::optional<Deployment>> load_deployment(
        const std::string& id, const std::string& name) override;
    base::Status save_deployment(const std::string& id,
                                 const std::string& name,
                                 const Deployment& deployment) override;
    base::Result<std::optional<base::Secret>> load_staple(
        const std::string& id) override;
    base::Status save_staple(const std::string& id,
                             const base::Secret& response) override;
    base::Result<History> load_history(const std::string& id) override;
    base::Status save_history(const std::string& id,
                              const History& history) override;

    // What an acme-dns server, known by its URL, gave for a domain. It outlives
    // the configuration: so does the CNAME that a person has set.
    base::Result<std::optional<dns::AcmeDnsRegistration>> load_registration(
        const std::string& server, const std::string& domain);
    base::Status save_registration(
        const std::string& server, const std::string& domain,
        const dns::AcmeDnsRegistration& registration);

private:
    base::Status prepare_writing();
    base::Status save(const base::Result<Place>& place,
                      const base::Secret& bytes);
    base::Result<std::optional<base::Secret>> load(
        const base::Result<Place>& place);
    template <typename Record>
    base::Result<std::optional<Record>> load_record(
        const base::Result<Place>& place,
        base::Result<Record> (*decode)(std::string_view));
    base::Error damaged(const Place& place, const std::string& why);
    std::string quoted_path(const Place& place) const;

    std::string root_;
    Access access_;
    const base::Clock& clock_;
    bool left_overs_removed_ = false;
};

// flock(2) on <root>/lock: the kernel gives it back however the process ends.
// Asked again, it looks whether the file it holds is still the one there.
class FileLock : public Lock {
public:
    explicit FileLock(const std::string& root);

    base::Result<bool> try_acquire() override;

private:
    base::Status open_file();

    std::string path_;
    base::UniqueFd fd_;
};

}  // namespace store
