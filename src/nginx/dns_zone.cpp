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

}  // namespace

char* add_name_server(ngx_conf_t* cf, MainConf& main)
{
    if (main.dns_zone.zone.empty() && main.dns_addresses.empty()) {
        return NGX_CONF_OK;
    }
    if (main.dns_zone.zone.empty() || main.dns_addresses.empty()) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"acme_dns_zone\" and \"acme_dns_listen\" need each "
                      "other");
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    if (char* result = set_zone(cf, main); result != NGX_CONF_OK) {
        return result;
    }
    for (const auto& address : main.dns_addresses) {
        if (!add_listener(cf, main, address, SOCK_DGRAM)
            || !add_listener(cf, main, address, SOCK_STREAM))
        {
            return static_cast<char*>(NGX_CONF_ERROR);
        }
    }
    return NGX_CONF_OK;
}

}  // namespace nginx
