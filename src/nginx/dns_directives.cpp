#include "nginx/block.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"

#include "base/text.h"

namespace nginx {

namespace {

constexpr in_port_t kDnsPort = 53;

std::string quoted(std::string_view text)
{
    return "\"" + base::printable(text) + "\"";
}

char* duplicate()
{
    static char text[] = "is duplicate";
    return text;
}

// All addresses of one argument, port included.
char* parse_addresses(ngx_conf_t* cf, std::string_view text, bool to_listen,
                      std::vector<ngx_addr_t>& addresses)
{
    ngx_url_t url{};
    url.url = pool_copy(cf->pool, text);
    url.default_port = kDnsPort;
    url.listen = to_listen;
    url.no_resolve = 1;
    const bool parsed = url.url.data != nullptr
        && ngx_parse_url(cf->pool, &url) == NGX_OK;
    if (!parsed || url.naddrs == 0 || url.family == AF_UNIX) {
        const std::string why = url.err == nullptr ? "no address" : url.err;
        return refuse(cf, "invalid address " + quoted(text) + " in "
                              + quoted(argument(cf, 0)) + " directive: "
                              + why);
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
    std::vector<ngx_addr_t> addresses;
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        char* result =
            parse_addresses(cf, argument(cf, i), false, addresses);
        if (result != NGX_CONF_OK) {
            return result;
        }
    }
    for (const auto& address : addresses) {
        u_char text[NGX_SOCKADDR_STRLEN];
        const auto size = ngx_sock_ntop(address.sockaddr, address.socklen,
                                        text, sizeof(text), 1);
        resolvers.emplace_back(reinterpret_cast<char*>(text), size);
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
        return parse_addresses(cf, argument(cf, 1), true,
                               static_cast<MainConf*>(conf)->dns_addresses);
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
