// Who writes TXT records for dns-01: one acme_dns block, as plain values.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "dns/cloudflare.h"
#include "dns/rfc2136.h"
#include "dns/route53.h"

namespace manager {

struct DnsSettings {
    enum class Type { none, exec, rfc2136, cloudflare, route53, acme_dns };

    std::string name;
    Type type = Type::none;

    // exec
    std::vector<std::string> command;
    base::Duration timeout = std::chrono::minutes(1);

    // rfc2136
    dns::Rfc2136Settings update;

    dns::CloudflareSettings cloudflare;
    dns::Route53Settings route53;

    // acme-dns
    std::string acme_dns_server;  // URL
    std::vector<std::string> allow_from;
};

}  // namespace manager
