#include "nginx/block.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"

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
    return refuse(cf, "invalid address " + quoted(text) + " in "
                          + quoted(argument(cf, 0)) + " directive: " + why);
}

char* take_listen(ngx_conf_t* cf, std::vector<ngx_addr_t>& addresses)
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
                              url.err == nullptr ? "no address" : url.err);
    }
    addresses.insert(addresses.end(), url.addrs, url.addrs + url.naddrs);
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
        return refuse(cf, "invalid zone " + quoted(argument(cf, 1))
                              + " in \"acme_dns_zone\" directive");
    }
    line.zone = zone->key();
    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }
    auto server = argument(cf, 2);
    if (!server.starts_with("ns=") || !dns::Name::from_text(server.substr(3)))
    {
        return refuse(cf, "invalid value " + quoted(server)
                              + " in \"acme_dns_zone\" directive: only "
                                "\"ns=\" with a host name is known");
    }
    line.name_server = server.substr(3);
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
        return take_listen(cf, static_cast<MainConf*>(conf)->dns_addresses);
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
