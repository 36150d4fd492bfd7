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

// A bundle that was put there by hand does not describe itself.
std::optional<crypto::BundleSummary> summary_of(std::string_view text)
{
    if (auto summary = crypto::summarize_bundle(text)) {
        return summary;
    }
    const auto bundle = crypto::parse_bundle(text);
    if (!bundle) {
        return std::nullopt;
    }
    const auto& leaf = bundle->chain.front();
    return crypto::BundleSummary{leaf.names(), leaf.not_after()};
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
        if (auto summary = summary_of((*text)->reveal())) {
            entries_.push_back(
                {id, std::move(summary->names), summary->not_after});
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
        const auto count = std::size_t(std::count_if(
            names.begin(), names.end(),
            [&](const auto& n) { return covered_by(entry.covered, n); }));
        if (count > best_count
            || (best && count == best_count
                && entry.not_after > best->not_after))
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
