#include "nginx/block.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"

#include <algorithm>
#include <span>

#include "dns/server_address.h"

namespace nginx {

namespace {

constexpr in_port_t kDnsPort = 53;

char* duplicate()
{
    static char text[] = "is duplicate";
    return text;
}

char* refuse_address(ngx_conf_t* cf, std::string_view text,
                     const std::string& why)
{
    return refuse(cf, "invalid address " + in_quotes(text) + " in "
                          + in_quotes(argument(cf, 0)) + " directive: " + why);
}

// What ngx_parse_url() has no words for.
std::string why_no_address(std::string_view text, const char* error)
{
    if (std::ranges::count(text, ':') > 1 && !text.starts_with('[')) {
        return "an IPv6 address stands in brackets";
    }
    return error == nullptr ? "it must be an IP address, with a port behind "
                              "a colon or without"
                            : error;
}

bool is_same(const ngx_addr_t& a, const ngx_addr_t& b)
{
    return ngx_cmp_sockaddr(a.sockaddr, a.socklen, b.sockaddr, b.socklen, 1)
        == NGX_OK;
}

char* take_listen(ngx_conf_t* cf, std::vector<DnsListenLine>& lines)
{
    ngx_url_t url{};
    url.url = pool_copy(cf->pool, argument(cf));
    url.default_port = kDnsPort;
    url.listen = 1;
    url.no_resolve = 1;
    const bool parsed = url.url.data != nullptr
        && ngx_parse_url(cf->pool, &url) == NGX_OK;
    if (!parsed || url.naddrs == 0 || url.family == AF_UNIX) {
        return refuse_address(cf, argument(cf),
                              why_no_address(argument(cf), url.err));
    }
    for (const auto& address : std::span(url.addrs, url.naddrs)) {
        const auto repeated =
            std::ranges::find_if(lines, [&](const DnsListenLine& line) {
                return is_same(line.address, address);
            });
        if (repeated != lines.end()) {
            return refuse(cf, "duplicate address " + in_quotes(argument(cf))
                                  + " in \"acme_dns_listen\" directive");
        }
        lines.push_back({place_of(cf), address});
    }
    return NGX_CONF_OK;
}

char* take_zone(ngx_conf_t* cf, DnsZoneLine& line)
{
    if (!line.zone.empty()) {
        return duplicate();
    }
    line.place = place_of(cf);
    auto zone = dns::Name::from_text(argument(cf, 1));
    if (!zone || zone->is_root()) {
        return refuse(cf, "invalid zone " + in_quotes(argument(cf, 1))
                              + " in \"acme_dns_zone\" directive");
    }
    line.zone = zone->key();
    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }
    const auto server = argument(cf, 2);
    const auto host = base::parse_identifier(
        server.starts_with("ns=") ? server.substr(3) : "");
    if (!host || host->type != base::Identifier::Type::dns || host->wildcard())
    {
        return refuse(cf, "invalid value " + in_quotes(server)
                              + " in \"acme_dns_zone\" directive: only "
                                "\"ns=\" with a host name is known");
    }
    line.name_server = host->value;
    return NGX_CONF_OK;
}

char* take_resolvers(ngx_conf_t* cf, std::vector<std::string>& resolvers)
{
    if (!resolvers.empty()) {
        return duplicate();
    }
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        const auto server = dns::parse_server_address(argument(cf, i));
        if (!server) {
            return refuse_address(cf, argument(cf, i),
                                  server.error().message);
        }
        resolvers.push_back(server->to_text());
    }
    return NGX_CONF_OK;
}

}  // namespace

char* on_acme_dns_zone(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_zone(cf, static_cast<MainConf*>(conf)->dns_zone);
    });
}

char* on_acme_dns_listen(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_listen(cf, static_cast<MainConf*>(conf)->dns_listen);
    });
}

char* on_acme_resolver(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_resolvers(
            cf, static_cast<MainConf*>(conf)->settings.resolvers);
    });
}

}  // namespace nginx
