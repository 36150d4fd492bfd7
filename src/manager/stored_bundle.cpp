#include "manager/stored_bundle.h"

#include <algorithm>

#include "crypto/bundle.h"

namespace manager {

namespace {

bool covered_by(const base::Identifiers& covered,
                const base::Identifier& name)
{
    if (std::find(covered.begin(), covered.end(), name) != covered.end()) {
        return true;
    }
    const auto dot = name.value.find('.');
    if (name.type != base::Identifier::Type::dns
        || dot == std::string::npos)
    {
        return false;
    }
    const base::Identifier wildcard{base::Identifier::Type::dns,
                                    "*" + name.value.substr(dot)};
    return std::find(covered.begin(), covered.end(), wildcard)
        != covered.end();
}

}  // namespace

void BundleIndex::read()
{
    read_ = true;
    auto ids = store_.bundle_ids();
    if (!ids) {
        return;
    }
    for (const auto& id : *ids) {
        auto text = store_.load_bundle(id);
        if (!text || !*text) {
            continue;
        }
        auto bundle = crypto::parse_bundle((*text)->reveal());
        if (bundle) {
            const auto& leaf = bundle->chain.front();
            entries_.push_back({id, leaf.names(), leaf.not_after()});
        }
    }
}

std::optional<std::string> BundleIndex::best_for(
    const base::Identifiers& names)
{
    if (!read_) {
        read();
    }
    const Entry* best = nullptr;
    std::size_t best_count = 0;
    for (const auto& entry : entries_) {
        if (!covered_by(entry.covered, names.front())) {
            continue;
        }
        const std::size_t count = std::count_if(
            names.begin(), names.end(),
            [&](const auto& n) { return covered_by(entry.covered, n); });
        if (!best || count > best_count
            || (count == best_count && entry.not_after > best->not_after))
        {
            best = &entry;
            best_count = count;
        }
    }
    return best ? std::optional(best->id) : std::nullopt;
}

base::Result<std::optional<FoundBundle>> find_bundle(
    store::Store& store, BundleIndex& index,
    const CertificateSettings& settings)
{
    auto text = store.load_bundle(settings.id);
    if (!text) {
        return text.error();
    }
    bool own = true;
    if (!*text) {
        const auto other = index.best_for(settings.names);
        if (!other) {
            return std::optional<FoundBundle>();
        }
        own = false;
        text = store.load_bundle(*other);
    }
    if (!text) {
        return text.error();
    }
    if (!*text) {
        return std::optional<FoundBundle>();
    }
    return std::optional(FoundBundle{std::move(**text), own});
}

}  // namespace manager
