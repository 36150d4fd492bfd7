#include "shm/tables.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>

namespace shm {

namespace {

constexpr std::uint64_t kVersion = 2;

// A key, a leaf and a chain of three take 5 to 11 kB in whole pages of
// 4 kB; during a swap there are two of one of them. How it does takes 1 kB at
// least; the rest is for holes between pages in use.
constexpr std::size_t kPerCertificate = 12 * 1024;
constexpr std::size_t kLeastPerCertificate = 10 * 1024;
constexpr std::size_t kPerName = 128;
constexpr std::size_t kBase = 128 * 1024;

// A fleet's zone is not to be of histories for the most part: what all
// certificates share of it, and what each has in any case.
constexpr std::size_t kDetails = 4 * 1024 * 1024;
constexpr std::size_t kMostDetail = 32 * 1024;
// With Head and Blob within half a page.
constexpr std::size_t kLeastDetail = 1984;

// Of the state and the last error alone: what fits into 1 kB.
constexpr std::size_t kNoDetail = 2;

// What certificates do not need may be used to show how they do.
std::size_t detail_limit(std::size_t size, std::size_t certificates)
{
    const auto needed = kBase + certificates * kPerCertificate;
    const auto room = size > needed ? size - needed : 0;
    return std::clamp(room / std::max<std::size_t>(certificates, 1),
                      kNoDetail, kMostDetail);
}

// Later than this its event loop stands still, or there is none.
constexpr ngx_msec_t kLongestSilence = 30'000;

constexpr std::size_t kCommands = 64;

// Challenges come and go; this many buckets serve hundreds at a time.
constexpr std::size_t kChallenges = 256;

base::Error full(const char* what)
{
    return {base::ErrorKind::config,
            std::string("the shared memory is full, ") + what
                + ": set a larger \"acme_zone\""};
}

}  // namespace

std::size_t zone_size(std::size_t certificates, std::size_t names)
{
    const auto detail =
        std::clamp(kDetails / std::max<std::size_t>(certificates, 1),
                   kLeastDetail, kMostDetail);
    return std::bit_ceil(kBase + certificates * (kPerCertificate + detail)
                         + names * kPerName);
}

std::size_t minimal_zone_size(std::size_t certificates, std::size_t names)
{
    return kBase + certificates * kLeastPerCertificate + names * kPerName;
}

Layout* Tables::create(ngx_slab_pool_t& pool, std::size_t certificates)
{
    Zone zone(pool);
    Zone::Lock lock(zone);
    auto* layout = static_cast<Layout*>(zone.allocate(sizeof(Layout)));
    if (layout == nullptr
        || !BlobMap::create(zone, layout->certificates, certificates)
        || !BlobMap::create(zone, layout->challenges, kChallenges)
        || !BlobMap::create(zone, layout->status, certificates)
        || !BlobMap::create(zone, layout->commands, kCommands))
    {
        return nullptr;
    }
    layout->detail_limit =
        detail_limit(std::size_t(pool.end - pool.start), certificates);
    layout->version = kVersion;
    pool.data = layout;
    return layout;
}

Layout* Tables::find(ngx_slab_pool_t& pool)
{
    auto* layout = static_cast<Layout*>(pool.data);
    return layout != nullptr && layout->version == kVersion ? layout : nullptr;
}

bool Tables::copy_from(Tables& other)
{
    // What has to be served comes first.
    return challenges_.copy_from(other.challenges_)
        && certificates_.copy_from(other.certificates_)
        && commands_.copy_from(other.commands_)
        && status_.copy_from(other.status_);
}

base::Status Tables::publish(const std::string& id,
                             const base::Secret& bundle)
{
    if (!certificates_.put(id, bundle.reveal())) {
        return full("the certificate served stays the old one");
    }
    return base::ok();
}

std::optional<base::Secret> Tables::current(const std::string& id)
{
    auto found = certificates_.get(id);
    return found ? std::optional(std::move(found->bytes)) : std::nullopt;
}

namespace {

// What a staple begins with; the response follows.
struct StapleHead {
    char fingerprint[64];
    std::int64_t holds_until;  // seconds since 1970
};

// No id has a slash.
std::string staple_key(const std::string& id) { return "ocsp/" + id; }

}  // namespace

base::Status Tables::publish(const std::string& id,
                             const manager::Staple& staple)
{
    StapleHead head{};
    staple.fingerprint.copy(head.fingerprint, sizeof(head.fingerprint));
    head.holds_until =
        std::chrono::floor<std::chrono::seconds>(staple.holds_until)
            .time_since_epoch()
            .count();
    const std::string bytes(reinterpret_cast<const char*>(&head),
                            sizeof(head));
    if (!certificates_.put(staple_key(id), bytes + staple.response)) {
        return full("no OCSP response is stapled");
    }
    return base::ok();
}

std::optional<std::pair<manager::Staple, std::uint64_t>> Tables::newer_staple(
    const std::string& id, std::uint64_t known)
{
    const auto found = certificates_.get_newer(staple_key(id), known);
    StapleHead head{};
    if (!found || found->bytes.size() < sizeof(head)) {
        return std::nullopt;
    }
    const auto bytes = found->bytes.reveal();
    std::memcpy(&head, bytes.data(), sizeof(head));
    manager::Staple staple{
        std::string(head.fingerprint, sizeof(head.fingerprint)),
        base::Time(std::chrono::seconds(head.holds_until)),
        std::string(bytes.substr(sizeof(head)))};
    return std::pair(std::move(staple), found->generation);
}

void Tables::retain(const std::vector<std::string>& ids)
{
    const std::set<std::string, std::less<>> wanted(ids.begin(), ids.end());
    const auto is_wanted = [&wanted](std::string_view id) {
        return wanted.count(id) > 0;
    };
    certificates_.retain([&](std::string_view key) {
        return is_wanted(key.substr(key.find('/') + 1));
    });
    status_.retain([&](std::string_view id) {
        return id.starts_with('@') || is_wanted(id);
    });
    commands_.retain([&](std::string_view key) {
        return is_wanted(key.substr(0, key.rfind('/')));
    });
}

base::Status Tables::publish(const std::string& place,
                             std::string_view content)
{
    if (!challenges_.put(place, content)) {
        return full("no challenge can be answered");
    }
    return base::ok();
}

void Tables::withdraw(const std::string& place)
{
    challenges_.remove(place);
}

void Tables::withdraw_all()
{
    challenges_.retain([](std::string_view) { return false; });
}

std::optional<base::Secret> Tables::answer(const std::string& place)
{
    auto found = challenges_.get(place);
    return found ? std::optional(std::move(found->bytes)) : std::nullopt;
}

// --- how it goes -----------------------------------------------------------

namespace {

// No certificate has this id.
std::string issuer_key(const std::string& issuer) { return "@" + issuer; }

}  // namespace

void Tables::publish(const std::string& id, const status::Head& head,
                     const status::Detail& detail)
{
    const auto put = [&](std::size_t limit) {
        std::string bytes(reinterpret_cast<const char*>(&head), sizeof(head));
        return status_.put(id, bytes + status::encode(detail, limit));
    };
    // A full zone shows less.
    (void) (put(layout_.detail_limit) || put(kNoDetail));
}

void Tables::publish(const std::string& issuer,
                     const status::IssuerCounts& counts)
{
    (void) status_.put(issuer_key(issuer),
                       {reinterpret_cast<const char*>(&counts),
                        sizeof(counts)});
}

status::IssuerCounts Tables::counts_of(const std::string& issuer)
{
    status::IssuerCounts counts;
    (void) status_.copy_head(issuer_key(issuer), &counts, sizeof(counts));
    return counts;
}

std::optional<status::Head> Tables::head_of(const std::string& id)
{
    status::Head head;
    return status_.copy_head(id, &head, sizeof(head)) ? std::optional(head)
                                                      : std::nullopt;
}

std::string Tables::detail_of(const std::string& id)
{
    const auto found = status_.get(id);
    return found ? std::string(found->bytes.reveal().substr(
                       sizeof(status::Head)))
                 : std::string();
}

// --- commands --------------------------------------------------------------

namespace {

std::string key_of(const manager::Command& command)
{
    return command.id + "/" + std::string(manager::name_of(command.action));
}

}  // namespace

bool Tables::add(const manager::Command& command)
{
    return commands_.put(key_of(command), std::to_string(command.reason));
}

unsigned long long Tables::generation() { return commands_.generation(); }

std::vector<manager::Command> Tables::all()
{
    std::vector<manager::Command> commands;
    commands_.visit_all([&](std::string_view key, std::string_view reason) {
        const auto slash = key.rfind('/');
        const auto action = manager::parse_action(key.substr(slash + 1));
        const auto number = manager::parse_reason(reason);
        if (action && number) {
            commands.push_back({std::string(key.substr(0, slash)), *action,
                                *number});
        }
    });
    return commands;
}

void Tables::remove(const manager::Command& command)
{
    commands_.remove(key_of(command));
}

// --- counting --------------------------------------------------------------

void Tables::count(status::Counted what)
{
    auto& slot = layout_.slots[ngx_worker % kCountSlots];
    std::atomic_ref(slot.counts[std::size_t(what)])
        .fetch_add(1, std::memory_order_relaxed);
}

status::WorkerCounts Tables::counts() const
{
    status::WorkerCounts sum{};
    for (auto& slot : layout_.slots) {
        for (std::size_t i = 0; i < sum.size(); i++) {
            sum[i] += std::atomic_ref(slot.counts[i])
                          .load(std::memory_order_relaxed);
        }
    }
    return sum;
}

void Tables::beat(std::int64_t pid, std::int64_t since)
{
    auto& mark = layout_.helper;
    std::atomic_ref(mark.pid).store(std::uint64_t(pid),
                                    std::memory_order_relaxed);
    std::atomic_ref(mark.since).store(since, std::memory_order_relaxed);
    std::atomic_ref(mark.beat).store(ngx_current_msec,
                                     std::memory_order_relaxed);
}

status::Helper Tables::helper() const
{
    auto& mark = layout_.helper;
    const auto relaxed = std::memory_order_relaxed;
    const auto silence =
        ngx_msec_int_t(ngx_current_msec - std::atomic_ref(mark.beat).load(relaxed));
    return {std::int64_t(std::atomic_ref(mark.pid).load(relaxed)),
            base::Time(std::chrono::seconds(
                std::atomic_ref(mark.since).load(relaxed))),
            silence < ngx_msec_int_t(kLongestSilence)};
}

}  // namespace shm
