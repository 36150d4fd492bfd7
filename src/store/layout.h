// Layout: which file below the state directory holds what.
//
//     accounts/<issuer>.<8 hex digits>.json
//     certificates/<id>.pem
//     jobs/<id>.json
//     history/<id>.json
//     renewals/<id>.json
//     staples/<id>.der
//     deployments/<id>@<name of the acme_deploy block>.json
//     registrations/<domain>.<8 hex digits>.json
//     quarantine/<time>-<file>
//     lock
//
// A name longer than kMaxStem is cut and ends in a hash of the whole, so that
// it fits any file system (eCryptfs allows 143 bytes) with room for the
// quarantine's prefix. Such a shortened stem is its own stem: what
// bundle_id() gives for the file loads the file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace store {

constexpr std::string_view kAccounts = "accounts";
constexpr std::string_view kCertificates = "certificates";
constexpr std::string_view kJobs = "jobs";
constexpr std::string_view kHistory = "history";
constexpr std::string_view kRenewals = "renewals";
constexpr std::string_view kStaples = "staples";
constexpr std::string_view kDeployments = "deployments";
constexpr std::string_view kRegistrations = "registrations";
constexpr std::string_view kQuarantine = "quarantine";
constexpr std::string_view kLock = "lock";

constexpr std::size_t kMaxStem = 100;
constexpr std::size_t kMaxJson = 64UL * 1024;
constexpr std::size_t kMaxHistory = 128UL * 1024;

// A file's place, and how large it may be.
struct Place {
    std::string_view folder;  // one of the constants above
    std::string file;
    std::size_t limit;
};

// The directory's hash is part of an account's name: an issuer that goes from
// staging to production and back finds its account at each CA again, and
// never offers one CA's account to the other.
base::Result<Place> place_of_account(std::string_view issuer,
                                     std::string_view directory);

// An id is a DNS name, "*." in front of it or not, an IP address or
// "@<issuer>". What would leave its folder, be hidden or spoil a message is
// an Error.
base::Result<Place> place_of_bundle(std::string_view id);
base::Result<Place> place_of_job(std::string_view id);
base::Result<Place> place_of_history(std::string_view id);
base::Result<Place> place_of_renewal(std::string_view id);
base::Result<Place> place_of_staple(std::string_view id);
base::Result<Place> place_of_deployment(std::string_view id,
                                        std::string_view name);

// What an acme-dns server gave for a domain; the hash is that of its URL.
base::Result<Place> place_of_registration(std::string_view server,
                                          std::string_view domain);

// The id that leads to this file of `certificates`; nothing when none does.
std::optional<std::string> bundle_id(std::string_view file);

// `count` tells apart what came in the same second.
std::string quarantine_name(std::string_view file, base::Time now,
                            unsigned count);

}  // namespace store
