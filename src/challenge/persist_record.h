// The TXT record of dns-persist-01 (draft-ietf-acme-dns-persist): set once by a
// person, it allows an account to be given certificates for the name until it
// is taken away.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace challenge {

// What a record must say.
struct PersistTerms {
    std::vector<std::string> issuers;   // one of these; the first is preferred
    std::vector<std::string> accounts;  // likewise
    bool wildcard = false;
};

// The record's value as it is to be set.
std::string persist_record(const PersistTerms& terms);

// When the record that fits ends, nothing when it does not; else an Error that
// says what there is instead. `values` are all TXT records at the name: those
// of other CAs and other accounts do no harm.
base::Result<std::optional<base::Time>> judge_persist_records(
    const std::vector<std::string>& values, const PersistTerms& terms,
    base::Time now);

}  // namespace challenge
