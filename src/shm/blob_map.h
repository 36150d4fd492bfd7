// BlobMap: text -> bytes in shared memory, each with the generation of its
// last change. The tables of the zone are made of it. Readers copy out under
// the lock and work outside it; a value is replaced by one store of an
// offset, so a writer killed at any point leaves the old or the new one.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/secret.h"
#include "shm/zone.h"

namespace shm {

// Lies in the zone.
struct BlobMapRoot {
    Offset buckets;         // array of bucket_mask + 1 Offsets of nodes
    std::uint64_t bucket_mask;
    std::uint64_t generation;  // grows with every change
};
static_assert(std::is_trivially_copyable_v<BlobMapRoot>);

class BlobMap {
public:
    BlobMap(Zone& zone, BlobMapRoot& root) : zone_(zone), root_(root) {}

    // Under the Lock: makes an empty map. False when the zone is full.
    static bool create(Zone& zone, BlobMapRoot& root, std::size_t expected);

    // False when the zone is full; the old value stays then. Equal bytes are
    // no change.
    bool put(std::string_view key, std::string_view value);
    void remove(std::string_view key);

    struct Value {
        base::Secret bytes;
        std::uint64_t generation;
    };
    std::optional<Value> get(std::string_view key);

    // The same, but nothing when the value still is of generation `known`.
    std::optional<Value> get_newer(std::string_view key,
                                   std::uint64_t known);

    // The map's, without the lock: one load.
    std::uint64_t generation() const
    {
        return std::atomic_ref(root_.generation)
            .load(std::memory_order_acquire);
    }

    bool contains(std::string_view key);

    // Copies the first bytes of a value; false when there are not so many.
    bool copy_head(std::string_view key, void* to, std::size_t size);

    // Under the Lock: calls `visit(key, bytes)` for every entry.
    template <typename Visit>
    void visit_all(Visit visit);

    // Removes every entry whose key `keep` does not want.
    template <typename Keep>
    void retain(Keep keep);

    // Copies every entry of another map; false when this zone is full.
    bool copy_from(BlobMap& other);

private:
    struct Node {
        Offset next;
        Offset value;  // a Blob
        std::uint64_t generation;
        std::uint32_t hash;
        std::uint32_t key_size;  // the key follows
    };
    struct Blob {
        std::uint64_t size;  // the bytes follow
    };
    static_assert(std::is_trivially_copyable_v<Node>);

    static std::string_view key_of(const Node& node);
    static std::string_view bytes_of(const Blob& blob);
    Offset* bucket(std::uint32_t hash);
    Offset* link_to(std::string_view key, std::uint32_t hash);
    bool insert(std::string_view key, std::uint32_t hash, Offset blob);
    Node* add_node(std::string_view key, std::uint32_t hash);
    Offset make_blob(std::string_view value);
    void free_blob(Offset blob);
    void unlink(Offset* link);
    void touch(Node& node);

    Zone& zone_;
    BlobMapRoot& root_;
};

template <typename Visit>
void BlobMap::visit_all(Visit visit)
{
    Zone::Lock lock(zone_);
    for (std::uint64_t i = 0; i <= root_.bucket_mask; i++) {
        Offset next = zone_.at<Offset>(root_.buckets)[i];
        while (const auto* node = zone_.at<Node>(next)) {
            visit(key_of(*node), bytes_of(*zone_.at<Blob>(node->value)));
            next = node->next;
        }
    }
}

template <typename Keep>
void BlobMap::retain(Keep keep)
{
    Zone::Lock lock(zone_);
    for (std::uint64_t i = 0; i <= root_.bucket_mask; i++) {
        Offset* link = zone_.at<Offset>(root_.buckets) + i;
        while (auto* node = zone_.at<Node>(*link)) {
            if (keep(key_of(*node))) {
                link = &node->next;
            } else {
                unlink(link);
            }
        }
    }
}

}  // namespace shm
