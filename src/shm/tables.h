// The tables in the shared zone: certificates to serve, challenges to answer.
// Written by the helper (and by the master before workers exist), read by all
// workers. The zone survives reloads as it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "challenge/board.h"
#include "manager/ports.h"
#include "shm/blob_map.h"
#include "shm/zone.h"

namespace shm {

// What lies at the zone's beginning.
struct Layout {
    std::uint64_t version;
    BlobMapRoot certificates;  // id -> bundle (crypto/bundle.h)
    BlobMapRoot challenges;    // the board: place -> content
};
static_assert(std::is_trivially_copyable_v<Layout>);

// Bytes the zone should have for so many certificates with so many names in
// all; a power of two with room to spare, so that a reload with some names
// more keeps the zone.
std::size_t zone_size(std::size_t certificates, std::size_t names);

// The least it can work with.
std::size_t minimal_zone_size(std::size_t certificates, std::size_t names);

class Tables : public manager::CertificateSink, public challenge::Board {
public:
    // Opens the tables of a zone that has them already.
    Tables(ngx_slab_pool_t& pool, Layout& layout)
        : zone_(pool),
          certificates_(zone_, layout.certificates),
          challenges_(zone_, layout.challenges)
    {}

    // Makes them in a fresh zone; nothing when it is too small.
    static Layout* create(ngx_slab_pool_t& pool, std::size_t certificates);

    // The tables of a zone made by an earlier cycle; nothing when it was made
    // by a module with another layout.
    static Layout* find(ngx_slab_pool_t& pool);

    BlobMap& certificates() { return certificates_; }
    BlobMap& challenges() { return challenges_; }

    base::Status publish(const std::string& id,
                         const base::Secret& bundle) override;
    std::optional<base::Secret> current(const std::string& id) override;
    void retain(const std::vector<std::string>& ids) override;

    base::Status publish(const std::string& place,
                         std::string_view content) override;
    void withdraw(const std::string& place) override;
    void withdraw_all() override;

    // What the board has in that place.
    std::optional<base::Secret> answer(const std::string& place);

private:
    Zone zone_;
    BlobMap certificates_;
    BlobMap challenges_;
};

}  // namespace shm
