// The tables in the shared zone: certificates to serve, challenges to answer,
// how it all goes, and what is to be done. Written by the helper (and by the
// master before workers exist), read by all workers; commands the other way
// round. The zone survives reloads as it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "challenge/board.h"
#include "manager/command.h"
#include "manager/ports.h"
#include "shm/blob_map.h"
#include "shm/zone.h"
#include "status/counts.h"
#include "status/report.h"

namespace shm {

// A cache line of one worker's own: workers count without disturbing each
// other.
struct alignas(64) CountSlot {
    status::WorkerCounts counts;
};
constexpr std::size_t kCountSlots = 64;

// Who the helper is, and when it was last seen at work.
struct HelperMark {
    std::uint64_t pid;
    std::int64_t since;    // seconds since 1970
    std::uint64_t beat;    // nginx's monotonic milliseconds
};

// What lies at the zone's beginning.
struct Layout {
    std::uint64_t version;
    std::uint64_t detail_limit;  // bytes, of one certificate
    BlobMapRoot certificates;    // id -> bundle (crypto/bundle.h), and staples
    BlobMapRoot challenges;      // the board: place -> content
    BlobMapRoot status;    // id -> Head and detail, "@issuer" -> counts
    BlobMapRoot commands;  // "id/action" -> a revocation's reason
    HelperMark helper;
    CountSlot slots[kCountSlots];
};
static_assert(std::is_trivially_copyable_v<Layout>);

// Bytes the zone should have for so many certificates with so many names in
// all; a power of two with room to spare, so that a reload with some names
// more keeps the zone.
std::size_t zone_size(std::size_t certificates, std::size_t names);

// The least it can work with.
std::size_t minimal_zone_size(std::size_t certificates, std::size_t names);

class Tables : public manager::CertificateSink,
               public challenge::Board,
               public manager::StatusBoard,
               public manager::CommandQueue {
public:
    // Opens the tables of a zone that has them already.
    Tables(ngx_slab_pool_t& pool, Layout& layout)
        : zone_(pool),
          layout_(layout),
          certificates_(zone_, layout.certificates),
          challenges_(zone_, layout.challenges),
          status_(zone_, layout.status),
          commands_(zone_, layout.commands)
    {}

    // Makes them in a fresh zone; nothing when it is too small.
    static Layout* create(ngx_slab_pool_t& pool, std::size_t certificates);

    // The tables of a zone made by an earlier cycle; nothing when it was made
    // by a module with another layout.
    static Layout* find(ngx_slab_pool_t& pool);

    // What another zone holds; false when this one does not hold it all.
    bool copy_from(Tables& other);

    BlobMap& certificates() { return certificates_; }
    BlobMap& challenges() { return challenges_; }

    base::Status publish(const std::string& id,
                         const base::Secret& bundle) override;
    std::optional<base::Secret> current(const std::string& id) override;
    base::Status publish(const std::string& id,
                         const manager::Staple& staple) override;
    void retain(const std::vector<std::string>& ids) override;

    // The one in certificates(), if it is newer than of generation `known`,
    // and its own generation.
    std::optional<std::pair<manager::Staple, std::uint64_t>> newer_staple(
        const std::string& id, std::uint64_t known);

    base::Status publish(const std::string& place,
                         std::string_view content) override;
    void withdraw(const std::string& place) override;
    void withdraw_all() override;

    // What the board has in that place.
    std::optional<base::Secret> answer(const std::string& place);

    void publish(const std::string& id, const status::Head& head,
                 const status::Detail& detail) override;
    void publish(const std::string& issuer,
                 const status::IssuerCounts& counts) override;
    status::IssuerCounts counts_of(const std::string& issuer) override;

    // Nothing before the helper has published it.
    std::optional<status::Head> head_of(const std::string& id);
    std::string detail_of(const std::string& id);

    bool add(const manager::Command& command) override;
    unsigned long long generation() override;
    std::vector<manager::Command> all() override;
    void remove(const manager::Command& command) override;

    // Of this process, which is a worker.
    void count(status::Counted what);
    status::WorkerCounts counts() const;

    // The helper is at work; `since` is when it began, in seconds.
    void beat(std::int64_t pid, std::int64_t since);
    status::Helper helper() const;

private:
    Zone zone_;
    Layout& layout_;
    BlobMap certificates_;
    BlobMap challenges_;
    BlobMap status_;
    BlobMap commands_;
};

}  // namespace shm
