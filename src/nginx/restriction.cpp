// Who may come to an acme_api location: it is refused where everybody may.
// What other modules know of a location is not meant for us: it is looked up
// by the offsets of their own command tables and by the beginning of their
// structures, which have not changed since nginx 1.0 (allow and deny), 1.3
// (auth_basic) and 1.5 (auth_request).
#include "nginx/conf.h"

#include <algorithm>

extern "C" {
#include <ngx_http_ssl_module.h>
}

namespace nginx {

namespace {

const ngx_module_t* module_named(const ngx_cycle_t& cycle,
                                 std::string_view name)
{
    for (auto** module = cycle.modules; *module != nullptr; module++) {
        if ((*module)->name == name) {
            return *module;
        }
    }
    return nullptr;
}

// That module's configuration of the location; null when it is not there.
const void* conf_of(const ngx_http_core_loc_conf_t& location,
                    const ngx_module_t* module)
{
    return module == nullptr ? nullptr : location.loc_conf[module->ctx_index];
}

template <typename T>
const T* at(const void* conf, std::size_t offset)
{
    return reinterpret_cast<const T*>(static_cast<const char*>(conf) + offset);
}

// ngx_http_access_module keeps its rules for IPv4 first, then those for IPv6;
// "all" is among both.
struct AccessRules {
    const ngx_array_t* ipv4;
#if (NGX_HAVE_INET6)
    const ngx_array_t* ipv6;
#endif
};

struct Ipv4Rule {
    in_addr_t mask;
    in_addr_t address;
    ngx_uint_t deny;

    bool is_for_all() const { return mask == 0; }
};

#if (NGX_HAVE_INET6)
struct Ipv6Rule {
    in6_addr address;
    in6_addr mask;
    ngx_uint_t deny;

    bool is_for_all() const
    {
        return std::ranges::all_of(mask.s6_addr,
                                   [](auto byte) { return byte == 0; });
    }
};
#endif

enum class Access { none, everybody, some };

// Whom no rule names may come.
template <typename Rule>
bool denies_the_rest(const ngx_array_t* rules)
{
    if (rules == nullptr) {
        return false;
    }
    for (const auto& rule : elements<Rule>(rules)) {
        if (rule.is_for_all()) {
            return rule.deny != 0;
        }
    }
    return false;
}

Access access_of(const ngx_cycle_t& cycle,
                 const ngx_http_core_loc_conf_t& location)
{
    const void* conf = conf_of(
        location, module_named(cycle, "ngx_http_access_module"));
    if (conf == nullptr) {
        return Access::none;
    }
    const auto& rules = *at<AccessRules>(conf, 0);
    bool any = rules.ipv4 != nullptr;
    bool denies = denies_the_rest<Ipv4Rule>(rules.ipv4);
#if (NGX_HAVE_INET6)
    any = any || rules.ipv6 != nullptr;
    denies = denies && denies_the_rest<Ipv6Rule>(rules.ipv6);
#endif
    if (!any) {
        return Access::none;
    }
    return denies ? Access::some : Access::everybody;
}

bool has_basic_auth(const ngx_cycle_t& cycle,
                    const ngx_http_core_loc_conf_t& location)
{
    const auto* module = module_named(cycle, "ngx_http_auth_basic_module");
    const void* conf = conf_of(location, module);
    if (conf == nullptr) {
        return false;
    }
    for (auto* c = module->commands; c->name.len != 0; c++) {
        if (view(c->name) == "auth_basic") {
            const auto* realm =
                *at<const ngx_http_complex_value_t*>(conf, c->offset);
            return realm != nullptr && realm != NGX_CONF_UNSET_PTR
                && view(realm->value) != "off";
        }
    }
    return false;
}

bool has_auth_request(const ngx_cycle_t& cycle,
                      const ngx_http_core_loc_conf_t& location)
{
    const void* conf = conf_of(
        location, module_named(cycle, "ngx_http_auth_request_module"));
    return conf != nullptr && at<ngx_str_t>(conf, 0)->len > 0
        && at<ngx_str_t>(conf, 0)->data != nullptr;
}

bool restricts(const ngx_cycle_t& cycle,
               const ngx_http_core_loc_conf_t& location)
{
    const auto access = access_of(cycle, location);
    const bool authenticates = has_basic_auth(cycle, location)
        || has_auth_request(cycle, location);
    if (authenticates && location.satisfy == NGX_HTTP_SATISFY_ANY) {
        return access != Access::everybody;
    }
    return authenticates || access == Access::some;
}

bool wants_client_certificate(const ngx_http_core_srv_conf_t& server)
{
    const auto& ssl = *static_cast<ngx_http_ssl_srv_conf_t*>(
        server.ctx->srv_conf[ngx_http_ssl_module.ctx_index]);
    return ssl.verify == 1;
}

bool listens_at_unix_socket(ngx_conf_t* cf,
                            const ngx_http_core_srv_conf_t& server)
{
    const auto& core = *static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    for (const auto& port : elements<ngx_http_conf_port_t>(core.ports)) {
        if (port.family != AF_UNIX) {
            continue;
        }
        for (const auto& address :
             elements<ngx_http_conf_addr_t>(&port.addrs))
        {
            for (const auto* other :
                 elements<ngx_http_core_srv_conf_t*>(&address.servers))
            {
                if (other == &server) {
                    return true;
                }
            }
        }
    }
    return false;
}

}  // namespace

void find_restrictions(ngx_conf_t* cf, MainConf& main)
{
    for (auto* location : main.apis) {
        for (const auto& name : elements<ngx_http_server_name_t>(
                 &location->server->server_names))
        {
            location->server_names.emplace_back(view(name.name));
        }
        location->restricted = restricts(*cf->cycle, *location->core);
        if (location->restricted || wants_client_certificate(*location->server)
            || listens_at_unix_socket(cf, *location->server))
        {
            continue;
        }
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"acme_api\" lets everybody in and answers 403: "
                      "restrict it by \"allow\" and \"deny all\", "
                      "\"auth_basic\", \"auth_request\", "
                      "\"ssl_verify_client on\" or a unix socket, in %s:%ui",
                      location->place.file.c_str(), location->place.line);
    }
}

bool is_restricted(ngx_http_request_t* r, const LocationConf& location)
{
    const auto& c = *r->connection;
    return location.restricted
        || c.listening->sockaddr->sa_family == AF_UNIX
        || (c.ssl != nullptr && wants_client_certificate(*location.server));
}

}  // namespace nginx
