// Which ways there are to prove the names, as far as the configuration tells.
#include "nginx/conf.h"

#include <algorithm>

#include "base/text.h"

namespace nginx {

namespace {

constexpr in_port_t kHttpPort = 80;
constexpr in_port_t kHttpsPort = 443;

using Types = std::vector<std::string>;

// What is listened on, anywhere in the http block. The ports are those that a
// public CA comes to; others may be what a firewall leads these to.
struct Listeners {
    bool plain = false;
    bool plain_port = false;
    bool tls = false;
    bool tls_port = false;
};

void look_at(const ngx_http_conf_port_t& port, Listeners& all)
{
    for (const auto& address : elements<ngx_http_conf_addr_t>(&port.addrs)) {
        const auto& options = address.opt;
#if (NGX_HTTP_V3)
        if (options.quic) {
            continue;
        }
#endif
        if (options.ssl) {
            all.tls = true;
            all.tls_port |= port.port == kHttpsPort;
        } else {
            all.plain = true;
            all.plain_port |= port.port == kHttpPort;
        }
    }
}

Listeners listeners(ngx_conf_t* cf)
{
    const auto& core = *static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    Listeners all;
    for (const auto& port : elements<ngx_http_conf_port_t>(core.ports)) {
        look_at(port, all);
    }
    return all;
}

void add(Types& types, bool possible, const char* type)
{
    if (possible && std::ranges::find(types, type) == types.end()) {
        types.emplace_back(type);
    }
}

// Preferred first: what surely is there where the CA comes to.
Types automatic(const Listeners& all, bool writes_dns)
{
    Types types;
    add(types, all.plain_port, "http-01");
    add(types, all.tls_port, "tls-alpn-01");
    add(types, all.plain, "http-01");
    add(types, all.tls, "tls-alpn-01");
    add(types, writes_dns, "dns-01");
    return types;
}

bool can_prove(const std::string& type, const base::Identifier& name,
               const Listeners& all, bool writes_dns)
{
    if (type == "http-01") {
        return all.plain && !name.wildcard();
    }
    if (type == "tls-alpn-01") {
        return all.tls && !name.wildcard();
    }
    // The record of dns-persist-01 is an operator's.
    return (writes_dns || type == "dns-persist-01")
        && name.type == base::Identifier::Type::dns;
}

std::string reason(const base::Identifier& name)
{
    if (name.wildcard()) {
        return "a wildcard needs a DNS challenge (\"dns=\", "
               "\"acme_dns_zone\" or \"challenge=dns-persist-01\")";
    }
    if (name.type == base::Identifier::Type::ip) {
        return "an IP address needs \"http-01\" and a plain listener, or "
               "\"tls-alpn-01\" and one with \"ssl\"";
    }
    return "\"http-01\" needs a plain listener, \"tls-alpn-01\" one with "
           "\"ssl\", \"dns-01\" and \"dns-account-01\" need \"dns=\" or an "
           "\"acme_dns_zone\"";
}

void warn_of_unprovable(ngx_conf_t* cf, const Place& place,
                        const manager::CertificateSettings& certificate,
                        const Listeners& all, bool writes_dns)
{
    for (const auto& name : certificate.names) {
        const bool provable = std::ranges::any_of(
            certificate.challenges, [&](const std::string& type) {
                return can_prove(type, name, all, writes_dns);
            });
        if (!provable) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "no challenge that is allowed can prove \"%s\": %s, "
                          "\"acme_domain\" in %s:%ui",
                          name.value.c_str(), reason(name).c_str(),
                          place.file.c_str(), place.line);
        }
    }
}

// Forward references are fine, so this comes after the whole file.
char* check_dns(ngx_conf_t* cf, const Place& place, const MainConf& main,
                const std::string& name)
{
    const auto& all = main.settings.dns;
    const bool known = name.empty()
        || std::ranges::find(all, name, &manager::DnsSettings::name)
            != all.end();
    return known ? NGX_CONF_OK
                 : refuse(cf, place,
                          "unknown \"acme_dns\" \"" + base::printable(name)
                              + "\" in \"acme_domain\" directive");
}

}  // namespace

char* choose_challenges(ngx_conf_t* cf, MainConf& main)
{
    const auto all = listeners(cf);
    auto& certificates = main.settings.certificates;
    for (std::size_t i = 0; i < certificates.size(); i++) {
        auto& certificate = certificates[i];
        const auto& place = main.certificate_places[i];
        if (char* result = check_dns(cf, place, main, certificate.dns);
            result != NGX_CONF_OK)
        {
            return result;
        }
        const bool writes_dns =
            !certificate.dns.empty() || !main.dns_zone.zone.empty();
        if (certificate.challenges.empty()) {
            certificate.challenges =
                main.settings.issuers[certificate.issuers.front()].challenges;
        }
        if (certificate.challenges.empty()) {
            certificate.challenges = automatic(all, writes_dns);
        }
        warn_of_unprovable(cf, place, certificate, all, writes_dns);
    }
    return NGX_CONF_OK;
}

}  // namespace nginx
