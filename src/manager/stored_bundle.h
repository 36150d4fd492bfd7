// Which stored bundle serves a certificate: looked up by the names it covers,
// so that adding, removing or reordering names in the configuration never
// takes a certificate away before its successor exists.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/identifier.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "manager/settings.h"
#include "store/store.h"

namespace manager {

// Finds bundles of other certificates for those that have none of their own.
// Reads the whole store, once, and only when it is asked; the master, too, so
// it goes by what bundles say of themselves.
class BundleIndex {
public:
    explicit BundleIndex(store::Store& store) : store_(store) {}

    // The id of the stored bundle that covers the most of these names, and
    // of several such the one that is valid longest.
    std::optional<std::string> best_for(const base::Identifiers& names);

private:
    struct Entry {
        std::string id;
        base::Identifiers covered;
        base::Time not_after;
    };

    void read();

    store::Store& store_;
    bool read_ = false;
    std::vector<Entry> entries_;
};

struct FoundBundle {
    base::Secret text;  // not judged
    bool own = true;    // stored under the certificate's own id
};

// The bundle of this certificate, else the best other one; nothing when
// there is none. An Error when there is one that cannot be read.
base::Result<std::optional<FoundBundle>> find_bundle(
    store::Store& store, BundleIndex& index,
    const CertificateSettings& settings);

}  // namespace manager
