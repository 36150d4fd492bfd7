// Bundle: private key, leaf and chain in one PEM text, so that they cannot
// part. This is what is stored, what lies in shared memory and what a worker
// parses. Lines before the first "-----BEGIN" say where it came from, and how
// many certificates there must be (a text that was cut between two of them
// would else look whole); both may be missing:
//
//     Issuer: https://acme-v02.api.letsencrypt.org/directory
//     Names: a.example b.example
//     Valid until: 2027-02-21T07:06:33Z
//     Certificates: 2
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/identifier.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace crypto {

struct Bundle {
    std::string issuer;  // directory URL; empty when the text does not say
    PrivateKey key;
    Chain chain;
};

constexpr std::size_t kMaxBundle = 256 * 1024;

base::Result<base::Secret> encode_bundle(std::string_view issuer,
                                         const PrivateKey& key,
                                         const Chain& chain);

// What the lines before the first block say of it, without parsing the rest;
// nothing when they do not say it.
struct BundleSummary {
    base::Identifiers names;
    base::Time not_after;
};
std::optional<BundleSummary> summarize_bundle(std::string_view text);

// Refuses a bundle whose key does not belong to its leaf.
base::Result<Bundle> parse_bundle(std::string_view text);

}  // namespace crypto
