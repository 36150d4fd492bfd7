// Detail: what is said of one certificate beside its Head. The helper writes
// it as JSON text, which the workers show without reading it, or unfold for
// the few certificates of a page.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"
#include "base/time.h"
#include "store/history.h"
#include "store/records.h"

namespace status {

// A complaint, or the result of a rehearsal.
struct Remark {
    base::Time at;
    std::string text;  // a sentence
    std::optional<base::Problem> problem = {};  // the CA's words
};

// How it stands with one place that the certificate is given to.
struct Deployment {
    std::string name;
    std::optional<base::Time> done_at;  // the last success
    std::optional<Remark> last_error;   // since then
    std::optional<base::Time> next_at;  // after a failure
    bool pending = false;
};

struct Detail {
    std::string issuer;   // the one in use; empty: the one configured first
    std::string serial;   // lower-case hexadecimal
    std::string sha256;   // likewise, of the leaf
    std::vector<std::string> chain;  // common names of issuers, leaf's first
    std::string activity;   // "finalizing order"; empty: nothing is under way
    std::string challenge;  // the type that the next attempt begins with
    // When the CA suggests to renew (RFC 9773).
    std::optional<store::Renewal::Suggestion> suggestion;
    std::optional<Remark> last_error;
    std::optional<Remark> warning;  // of the latest look from outside
    std::optional<Remark> rehearsal;
    bool rehearsed_well = false;
    std::vector<Deployment> deployments;
    store::History history;
};

// A JSON object of these members, empty ones left out. To have it within
// `limit` bytes the oldest events are left out, then complaints cut short, and
// at last all but the last error, which is there in any case, in some 700
// bytes.
std::string encode(const Detail& detail, std::size_t limit);

}  // namespace status
