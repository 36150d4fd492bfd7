// Settings: what the configuration says, as plain values. Made by the master
// while it reads the configuration, read by the helper.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/identifier.h"
#include "base/secret.h"
#include "base/time.h"
#include "crypto/key.h"
#include "manager/dns_settings.h"

namespace manager {

struct IssuerSettings {
    std::string name;
    std::string directory;  // URL
    std::vector<std::string> contacts;
    crypto::KeyType account_key_type = crypto::KeyType::ecdsa_256;
    base::Secret account_key_pem;  // the operator's own; empty: generated
    std::vector<std::string> challenges;  // for those that name none
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
    std::size_t issuer = 0;   // index into Settings::issuers
    crypto::KeyType key_type = crypto::KeyType::ecdsa_256;
    std::vector<std::string> challenges;  // allowed types, preferred first
    std::string dns;  // who writes DNS records, see challenge::Proof
    PreflightMode preflight = PreflightMode::off;
};

struct Settings {
    std::string state_path;
    std::string user_agent;
    std::vector<DnsSettings> dns;
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
