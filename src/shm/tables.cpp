#include "shm/tables.h"

#include <algorithm>
#include <bit>
#include <set>

namespace shm {

namespace {

constexpr std::uint64_t kVersion = 1;

// A key, a leaf and a chain of three take 5 to 11 kB in whole pages of
// 4 kB; during a swap there are two of one of them.
constexpr std::size_t kPerCertificate = 12 * 1024;
constexpr std::size_t kLeastPerCertificate = 8 * 1024;
constexpr std::size_t kPerName = 128;
constexpr std::size_t kBase = 128 * 1024;

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
    return std::bit_ceil(kBase + certificates * kPerCertificate
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
        || !BlobMap::create(zone, layout->challenges, kChallenges))
    {
        return nullptr;
    }
    layout->version = kVersion;
    pool.data = layout;
    return layout;
}

Layout* Tables::find(ngx_slab_pool_t& pool)
{
    auto* layout = static_cast<Layout*>(pool.data);
    return layout != nullptr && layout->version == kVersion ? layout : nullptr;
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

void Tables::retain(const std::vector<std::string>& ids)
{
    const std::set<std::string, std::less<>> wanted(ids.begin(), ids.end());
    certificates_.retain(
        [&wanted](std::string_view id) { return wanted.count(id) > 0; });
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

}  // namespace shm
