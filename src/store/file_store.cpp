#include "store/file_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "crypto/key.h"
#include "store/atomic_file.h"
#include "store/careful_read.h"
#include "store/folder.h"
#include "store/layout.h"
#include "store/quarantine.h"

namespace store {

namespace {

using base::in_quotes;

constexpr std::array kWritten = {kAccounts, kCertificates, kJobs};
constexpr std::array kCleaned = {kAccounts,  kCertificates, kJobs,
                                 kHistory,   kRenewals,     kStaples,
                                 kDeployments, kRegistrations};

base::Error storage_error(std::string message)
{
    return {base::ErrorKind::storage, std::move(message)};
}

}  // namespace

FileStore::FileStore(std::string root, Access access, const base::Clock& clock)
    : root_(std::move(root)), access_(access), clock_(clock)
{}

base::Status FileStore::probe()
{
    if (auto status = prepare_writing(); !status) {
        return status;
    }
    for (const auto name : kWritten) {
        auto folder = Folder::make(root_, name);
        if (!folder) {
            return folder.error();
        }
        if (auto status = try_writing(*folder); !status) {
            return status;
        }
    }
    return base::ok();
}

namespace {

// None at all is fine: it may be the operator's own.
bool has_good_key(const Account& account)
{
    return account.key_pem.empty()
           || crypto::PrivateKey::from_pem(account.key_pem.reveal());
}

}  // namespace

base::Result<std::optional<Account>> FileStore::load_account(
    const std::string& issuer, const std::string& directory)
{
    const auto place = place_of_account(issuer, directory);
    auto account = load_record(place, decode_account);
    if (account && *account && (*account)->directory != directory) {
        return damaged(*place, "it is an account at another CA, "
                                   + base::printable((*account)->directory));
    }
    if (account && *account && !has_good_key(**account)) {
        return damaged(*place, "its key cannot be used");
    }
    return account;
}

base::Status FileStore::save_account(const std::string& issuer,
                                     const Account& account)
{
    return save(place_of_account(issuer, account.directory), encode(account));
}

base::Result<std::optional<base::Secret>> FileStore::load_bundle(
    const std::string& id)
{
    return load(place_of_bundle(id));
}

base::Status FileStore::save_bundle(const std::string& id,
                                    const base::Secret& bundle)
{
    return save(place_of_bundle(id), bundle);
}

base::Status FileStore::quarantine_bundle(const std::string& id)
{
    if (auto status = prepare_writing(); !status) {
        return status;
    }
    const auto place = place_of_bundle(id);
    if (!place) {
        return place.error();
    }
    auto moved = move_to_quarantine(root_, *place, clock_.now());
    return moved ? base::ok() : std::move(moved).error();
}

base::Result<std::vector<std::string>> FileStore::bundle_ids()
{
    std::vector<std::string> ids;
    auto folder = Folder::open(root_, kCertificates);
    if (!folder) {
        return folder.error();
    }
    if (!*folder) {
        return ids;
    }
    auto files = (*folder)->files();
    if (!files) {
        return files.error();
    }
    for (const auto& file : *files) {
        if (auto id = bundle_id(file)) {
            ids.push_back(std::move(*id));
        }
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

base::Result<std::optional<Job>> FileStore::load_job(const std::string& id)
{
    return load_record(place_of_job(id), decode_job);
}

base::Result<std::optional<Renewal>> FileStore::load_renewal(
    const std::string& id)
{
    return load_record(place_of_renewal(id), decode_renewal);
}

base::Status FileStore::save_renewal(const std::string& id,
                                     const Renewal& renewal)
{
    return save(place_of_renewal(id), encode(renewal));
}

base::Result<std::optional<Deployment>> FileStore::load_deployment(
    const std::string& id, const std::string& name)
{
    return load_record(place_of_deployment(id, name), decode_deployment);
}

base::Status FileStore::save_deployment(const std::string& id,
                                        const std::string& name,
                                        const Deployment& deployment)
{
    return save(place_of_deployment(id, name), encode(deployment));
}

base::Result<std::optional<base::Secret>> FileStore::load_staple(
    const std::string& id)
{
    return load(place_of_staple(id));
}

base::Status FileStore::save_staple(const std::string& id,
                                    const base::Secret& response)
{
    return save(place_of_staple(id), response);
}

base::Status FileStore::save_job(const std::string& id, const Job& job)
{
    return save(place_of_job(id), encode(job));
}

base::Status FileStore::remove_job(const std::string& id)
{
    if (auto status = prepare_writing(); !status) {
        return status;
    }
    const auto place = place_of_job(id);
    if (!place) {
        return place.error();
    }
    auto folder = Folder::open(root_, place->folder);
    if (!folder) {
        return folder.error();
    }
    return *folder ? remove_file(**folder, place->file) : base::ok();
}

base::Result<History> FileStore::load_history(const std::string& id)
{
    auto history = load_record(place_of_history(id), decode_history);
    if (!history) {
        return history.error();
    }
    return std::move(*history).value_or(History{});
}

base::Status FileStore::save_history(const std::string& id,
                                     const History& history)
{
    return save(place_of_history(id), encode(history));
}

base::Result<std::optional<dns::AcmeDnsRegistration>>
FileStore::load_registration(const std::string& server,
                             const std::string& domain)
{
    return load_record(place_of_registration(server, domain),
                       dns::decode_registration);
}

base::Status FileStore::save_registration(
    const std::string& server, const std::string& domain,
    const dns::AcmeDnsRegistration& registration)
{
    return save(place_of_registration(server, domain),
                dns::encode(registration));
}

base::Status FileStore::prepare_writing()
{
    if (access_ == Access::read_only) {
        return storage_error(in_quotes(root_) + " is open for reading only");
    }
    if (std::exchange(left_overs_removed_, true)) {
        return base::ok();
    }
    for (const auto name : kCleaned) {
        auto folder = Folder::open(root_, name);
        if (folder && *folder) {
            remove_left_overs(**folder);
        }
    }
    return base::ok();
}

base::Status FileStore::save(const base::Result<Place>& place,
                             const base::Secret& bytes)
{
    if (auto status = prepare_writing(); !status) {
        return status;
    }
    if (!place) {
        return place.error();
    }
    // What would be taken for damaged when it is read is not written.
    const auto why = damage_of(bytes.reveal(), place->limit);
    if (!why.empty()) {
        return storage_error("writing " + quoted_path(*place) + ": "
                             + std::string(why));
    }
    auto folder = Folder::make(root_, place->folder);
    if (!folder) {
        return folder.error();
    }
    return write_file(*folder, place->file, bytes.reveal());
}

base::Result<std::optional<base::Secret>> FileStore::load(
    const base::Result<Place>& place)
{
    if (!place) {
        return place.error();
    }
    // What a helper left behind that died while it wrote: this one may have
    // nothing to write for months.
    static_cast<void>(prepare_writing());
    auto folder = Folder::open(root_, place->folder);
    if (!folder) {
        return folder.error();
    }
    if (!*folder) {
        return std::optional<base::Secret>();
    }
    auto file = read_file(**folder, place->file, place->limit);
    switch (file.outcome) {
    case Reading::Outcome::absent:
        return std::optional<base::Secret>();
    case Reading::Outcome::damaged:
        return damaged(*place, file.why);
    case Reading::Outcome::unreadable:
        return storage_error(quoted_path(*place) + ": " + file.why);
    case Reading::Outcome::read:
        break;
    }
    if (file.open_to_others && access_ == Access::read_write) {
        // Written anew it is of mode 0600, and ours whosever it was. If that
        // fails, what was read is none the worse.
        static_cast<void>(
            write_file(**folder, place->file, file.bytes.reveal()));
    }
    return std::optional(std::move(file.bytes));
}

template <typename Record>
base::Result<std::optional<Record>> FileStore::load_record(
    const base::Result<Place>& place,
    base::Result<Record> (*decode)(std::string_view))
{
    auto text = load(place);
    if (!text) {
        return text.error();
    }
    if (!*text) {
        return std::optional<Record>();
    }
    auto record = decode((*text)->reveal());
    if (record) {
        return std::optional(std::move(*record));
    }
    if (is_of_newer_version((*text)->reveal())) {
        return std::move(record).error_in(quoted_path(*place));
    }
    return damaged(*place, record.error().message);
}

base::Error FileStore::damaged(const Place& place, const std::string& why)
{
    const std::string message = quoted_path(place) + " is damaged: " + why;
    if (access_ == Access::read_only) {
        return storage_error(message + "; left as it is");
    }
    auto moved = move_to_quarantine(root_, place, clock_.now());
    if (!moved) {
        return storage_error(message + "; not moved to quarantine: "
                             + moved.error().message);
    }
    return storage_error(message + "; moved to "
                         + moved->value_or("quarantine by somebody else"));
}

std::string FileStore::quoted_path(const Place& place) const
{
    return in_quotes(root_ + "/" + std::string(place.folder) + "/"
                     + place.file);
}

}  // namespace store
