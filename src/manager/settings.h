// Settings: what the configuration says, as plain values. Made by the master
// while it reads the configuration, read by the helper.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/external_account.h"
#include "base/identifier.h"
#include "base/secret.h"
#include "base/time.h"
#include "crypto/key.h"
#include "manager/deploy_settings.h"
#include "manager/dns_settings.h"

namespace manager {

// What is asked of a CA that issues certificates of several kinds
// (draft-ietf-acme-profiles).
struct ProfileSettings {
    std::string name;       // empty: the CA's default
    bool required = false;  // rather no certificate than another kind

    bool operator==(const ProfileSettings&) const = default;
};

struct KeySettings {
    crypto::KeyType type = crypto::KeyType::ecdsa_256;
    bool reuse = false;  // the one before, rather than a new one

    bool operator==(const KeySettings&) const = default;
};

struct IssuerSettings {
    std::string name;
    std::string directory;  // URL
    std::vector<std::string> contacts;
    crypto::KeyType account_key_type = crypto::KeyType::ecdsa_256;
    base::Secret account_key_pem;  // the operator's own; empty: generated
    std::optional<acme::ExternalAccount> external_account;
    // URL of a service that gives the credentials of one; empty: there is none.
    std::string credentials_service;
    std::vector<std::string> challenges;  // for those that name none
    ProfileSettings profile;  // for those that name none
    // Of several chains, the one that leads to what is called so: by the common
    // name of the topmost issuer, or by SHA-256 (lower-case hexadecimal) of a
    // certificate. Empty: the CA's default.
    std::string preferred_chain;
    bool common_name = false;  // in the certificate request
    std::string proxy;        // URL of an HTTP proxy; empty: none
    std::string trusted_pem;  // CA certificates; empty: the system's
    bool verify = true;
    bool accept_terms = true;
    unsigned max_orders = 8;  // in flight
    // The CA's staging twin, where an issuance can be rehearsed: its name, and
    // its index in Settings::issuers once that is known to be wanted.
    std::string staging;
    std::optional<std::size_t> rehearsal;
};

// Whether it is looked at, before a CA is, that the names lead here: not at
// all, with a warning, or as a condition.
enum class PreflightMode { off, warn, require };

struct CertificateSettings {
    std::string id;  // names the certificate's files, logs and status
    base::Identifiers names;  // in the order of the configuration
    // Indexes into Settings::issuers, the preferred one first; never empty.
    std::vector<std::size_t> issuers;
    KeySettings key;
    std::vector<std::string> challenges;  // allowed types, preferred first
    std::string dns;  // who writes DNS records, see challenge::Proof
    PreflightMode preflight = PreflightMode::off;
    ProfileSettings profile;  // without a name: the issuer's
    // The certificate of the same names that is served beside this one, of
    // another type of key; none for the first of a pair.
    std::optional<std::size_t> pair_of;
    std::vector<std::size_t> deploy;  // indexes into Settings::deploy
};

struct Settings {
    std::string state_path;
    std::string user_agent;
    std::vector<DnsSettings> dns;
    std::vector<DeploySettings> deploy;
    // The zone that this nginx answers for itself; empty: none.
    std::string dns_zone;
    std::string dns_name_server;
    // The recursive name servers to ask; empty: those of the system.
    std::vector<std::string> resolvers;
    // No CA is told to look before this long after the start.
    base::Duration settle{0};
    std::vector<IssuerSettings> issuers;
    std::vector<CertificateSettings> certificates;
};

}  // namespace manager
