// The zone of acme_dns_zone and its sockets, which the master binds, so that
// port 53 needs no privilege in the workers.
#include "nginx/conf.h"

#include <sys/socket.h>

#include "challenge/own_zone.h"

namespace nginx {

namespace {

constexpr std::size_t kPoolSize = 1024;

bool add_listener(ngx_conf_t* cf, MainConf& main, const ngx_addr_t& address,
                  int type)
{
    auto* listening =
        ngx_create_listening(cf, address.sockaddr, address.socklen);
    if (listening == nullptr) {
        return false;
    }
    listening->type = type;
    listening->handler = type == SOCK_DGRAM ? on_dns_datagram : on_dns_connection;
    listening->servers = &main;
    listening->addr_ntop = 1;
    listening->pool_size = kPoolSize;
    listening->logp = &cf->cycle->new_log;
    listening->log = cf->cycle->new_log;
    listening->log.data = &listening->addr_text;
    listening->log.handler = ngx_accept_log_error;
    listening->backlog = NGX_LISTEN_BACKLOG;
    listening->rcvbuf = -1;
    listening->sndbuf = -1;
    listening->wildcard = ngx_inet_wildcard(address.sockaddr);
#if (NGX_HAVE_INET6)
    listening->ipv6only = 1;
#endif
    return true;
}

// A name and all names above it, up to the zone.
void add_name(std::set<std::string, std::less<>>& names, dns::Name name,
              const dns::Name& zone)
{
    while (name.is_within(zone)) {
        names.insert(name.key());
        name = name.parent();
    }
}

// Which of the names here can lead a resolver to this machine.
std::string first_name(const MainConf& main)
{
    for (const auto& certificate : main.settings.certificates) {
        for (const auto& name : certificate.names) {
            if (name.type == base::Identifier::Type::dns && !name.wildcard()) {
                return name.value;
            }
        }
    }
    return {};
}

char* set_zone(ngx_conf_t* cf, MainConf& main)
{
    auto& line = main.dns_zone;
    const auto zone = dns::Name::from_text(line.zone);
    const auto server = dns::Name::from_text(
        line.name_server.empty() ? first_name(main) : line.name_server);
    if (!server || server->is_root() || server->is_within(*zone)) {
        return refuse(cf, line.place,
                      "\"acme_dns_zone\" needs \"ns=\" with a name outside of "
                      "the zone that leads to this machine");
    }
    for (const auto& certificate : main.settings.certificates) {
        for (const auto& name : certificate.names) {
            if (name.type != base::Identifier::Type::dns) {
                continue;
            }
            auto target = dns::Name::from_text(
                challenge::domain_of(name) + "." + line.zone);
            if (target) {
                add_name(main.dns_names, *target, *zone);
            }
        }
    }
    main.settings.dns_zone = zone->key();
    main.settings.dns_name_server = server->key();
    main.responder.emplace(dns::ZoneSettings{*zone, *server, {}});
    return NGX_CONF_OK;
}

// Whether a server of http listens there too. nginx would say so only when it
// cannot bind, which `nginx -t` takes for its own being running.
bool is_taken(ngx_conf_t* cf, const ngx_addr_t& address)
{
    const auto& core = *static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    for (const auto& port : elements<ngx_http_conf_port_t>(core.ports)) {
        for (const auto& other :
             elements<ngx_http_conf_addr_t>(&port.addrs))
        {
            if (ngx_cmp_sockaddr(other.opt.sockaddr, other.opt.socklen,
                                 address.sockaddr, address.socklen, 1)
                == NGX_OK)
            {
                return true;
            }
        }
    }
    return false;
}

char* listen(ngx_conf_t* cf, MainConf& main, const DnsListenLine& line)
{
    if (is_taken(cf, line.address)) {
        return refuse(cf, line.place,
                      "\"" + std::string(view(line.address.name))
                          + "\" in \"acme_dns_listen\" directive is what a "
                            "\"listen\" has");
    }
    const bool added = add_listener(cf, main, line.address, SOCK_DGRAM)
        && add_listener(cf, main, line.address, SOCK_STREAM);
    return added ? NGX_CONF_OK : static_cast<char*>(NGX_CONF_ERROR);
}

}  // namespace

char* add_name_server(ngx_conf_t* cf, MainConf& main)
{
    const auto& zone = main.dns_zone;
    const auto& lines = main.dns_listen;
    if (zone.zone.empty() && lines.empty()) {
        return NGX_CONF_OK;
    }
    if (lines.empty()) {
        return refuse(cf, zone.place,
                      "\"acme_dns_zone\" needs an \"acme_dns_listen\", where "
                      "the zone is answered for");
    }
    if (zone.zone.empty()) {
        return refuse(cf, lines.front().place,
                      "\"acme_dns_listen\" needs an \"acme_dns_zone\" to "
                      "answer for");
    }
    if (char* result = set_zone(cf, main); result != NGX_CONF_OK) {
        return result;
    }
    for (const auto& line : lines) {
        if (char* result = listen(cf, main, line); result != NGX_CONF_OK) {
            return result;
        }
    }
    return NGX_CONF_OK;
}

}  // namespace nginx
