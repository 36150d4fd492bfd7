#include "shm/blob_map.h"

#include <bit>
#include <cstring>

namespace shm {

namespace {

std::uint32_t hash_of(std::string_view key)
{
    return ngx_murmur_hash2(
        reinterpret_cast<u_char*>(const_cast<char*>(key.data())), key.size());
}

}  // namespace

bool BlobMap::create(Zone& zone, BlobMapRoot& root, std::size_t expected)
{
    const auto count = std::bit_ceil(std::max<std::size_t>(expected, 16));
    void* buckets = zone.allocate(count * sizeof(Offset));
    if (buckets == nullptr) {
        return false;
    }
    root.buckets = zone.offset_of(buckets);
    root.bucket_mask = count - 1;
    root.generation = 1;  // 0 is "never looked"
    return true;
}

std::string_view BlobMap::key_of(const Node& node)
{
    return {reinterpret_cast<const char*>(&node + 1), node.key_size};
}

std::string_view BlobMap::bytes_of(const Blob& blob)
{
    return {reinterpret_cast<const char*>(&blob + 1),
            std::size_t(blob.size)};
}

Offset* BlobMap::bucket(std::uint32_t hash)
{
    return zone_.at<Offset>(root_.buckets) + (hash & root_.bucket_mask);
}

// The link that points to the key's node, or the one at the chain's end.
Offset* BlobMap::link_to(std::string_view key, std::uint32_t hash)
{
    Offset* link = bucket(hash);
    while (auto* node = zone_.at<Node>(*link)) {
        if (node->hash == hash && key_of(*node) == key) {
            break;
        }
        link = &node->next;
    }
    return link;
}

BlobMap::Node* BlobMap::add_node(std::string_view key, std::uint32_t hash)
{
    auto* node = static_cast<Node*>(zone_.allocate(sizeof(Node) + key.size()));
    if (node == nullptr) {
        return nullptr;
    }
    node->hash = hash;
    node->key_size = std::uint32_t(key.size());
    std::memcpy(node + 1, key.data(), key.size());
    return node;
}

Offset BlobMap::make_blob(std::string_view value)
{
    auto* blob =
        static_cast<Blob*>(zone_.allocate(sizeof(Blob) + value.size()));
    if (blob == nullptr) {
        return 0;
    }
    blob->size = value.size();
    std::memcpy(blob + 1, value.data(), value.size());
    return zone_.offset_of(blob);
}

void BlobMap::free_blob(Offset offset)
{
    if (auto* blob = zone_.at<Blob>(offset)) {
        base::wipe(blob + 1, std::size_t(blob->size));
        zone_.release(blob);
    }
}

void BlobMap::unlink(Offset* link)
{
    auto* node = zone_.at<Node>(*link);
    *link = node->next;
    free_blob(node->value);
    zone_.release(node);
}

void BlobMap::touch(Node& node)
{
    const auto generation = root_.generation + 1;
    node.generation = generation;
    // Last: who sees it must find the new value under the lock.
    std::atomic_ref(root_.generation)
        .store(generation, std::memory_order_release);
}

bool BlobMap::put(std::string_view key, std::string_view value)
{
    Zone::Lock lock(zone_);
    const auto hash = hash_of(key);
    auto* node = zone_.at<Node>(*link_to(key, hash));
    if (node != nullptr && bytes_of(*zone_.at<Blob>(node->value)) == value) {
        return true;
    }
    const Offset blob = make_blob(value);
    if (blob == 0) {
        return false;
    }
    if (node == nullptr) {
        return insert(key, hash, blob);
    }
    const Offset old = node->value;
    node->value = blob;
    touch(*node);
    free_blob(old);
    return true;
}

bool BlobMap::insert(std::string_view key, std::uint32_t hash, Offset blob)
{
    auto* node = add_node(key, hash);
    if (node == nullptr) {
        free_blob(blob);
        return false;
    }
    node->value = blob;
    *link_to(key, hash) = zone_.offset_of(node);
    touch(*node);
    return true;
}

void BlobMap::remove(std::string_view key)
{
    Zone::Lock lock(zone_);
    Offset* link = link_to(key, hash_of(key));
    if (*link != 0) {
        unlink(link);
    }
}

std::optional<BlobMap::Value> BlobMap::get(std::string_view key)
{
    return get_newer(key, 0);
}

std::optional<BlobMap::Value> BlobMap::get_newer(std::string_view key,
                                                 std::uint64_t known)
{
    Zone::Lock lock(zone_);
    const auto* node = zone_.at<Node>(*link_to(key, hash_of(key)));
    if (node == nullptr || node->generation == known) {
        return std::nullopt;
    }
    return Value{base::Secret(bytes_of(*zone_.at<Blob>(node->value))),
                 node->generation};
}

bool BlobMap::contains(std::string_view key)
{
    Zone::Lock lock(zone_);
    return *link_to(key, hash_of(key)) != 0;
}

bool BlobMap::copy_head(std::string_view key, void* to, std::size_t size)
{
    Zone::Lock lock(zone_);
    const auto* node = zone_.at<Node>(*link_to(key, hash_of(key)));
    if (node == nullptr) {
        return false;
    }
    const auto bytes = bytes_of(*zone_.at<Blob>(node->value));
    if (bytes.size() < size) {
        return false;
    }
    std::memcpy(to, bytes.data(), size);
    return true;
}

bool BlobMap::copy_from(BlobMap& other)
{
    bool all = true;
    other.visit_all([&](std::string_view key, std::string_view value) {
        all = all && put(key, value);
    });
    return all;
}

}  // namespace shm
