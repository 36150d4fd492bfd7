#include "nginx/conf.h"

#include "crypto/digest.h"

extern "C" {
#include <ngx_http_ssl_module.h>
}

namespace nginx {

namespace {

// nginx's own ssl_certificate and ssl_certificate_key write the fields: their
// place in the structure has moved between versions and patched builds, and
// the command table of the running nginx knows it.
ngx_command_t* ssl_command(const char* name)
{
    for (auto* c = ngx_http_ssl_module.commands; c->name.len != 0; c++) {
        if (view(c->name) == name) {
            return c;
        }
    }
    return nullptr;
}

// The array of ssl_certificate in one configuration; null when not set there.
ngx_array_t* array_of(void* ssl_conf, const ngx_command_t& command)
{
    auto* array = *reinterpret_cast<ngx_array_t**>(
        static_cast<char*>(ssl_conf) + command.offset);
    return array == NGX_CONF_UNSET_PTR ? nullptr : array;
}

bool has_variable(const ngx_array_t& values)
{
    const auto* each = static_cast<ngx_str_t*>(values.elts);
    for (ngx_uint_t i = 0; i < values.nelts; i++) {
        if (ngx_http_script_variables_count(
                const_cast<ngx_str_t*>(&each[i])) > 0)
        {
            return true;
        }
    }
    return false;
}

// What stands there for the module: the variable of nginx's own one.
bool is_ours(const ngx_array_t* values)
{
    return values != nullptr && values->nelts == 1
        && view(*static_cast<ngx_str_t*>(values->elts))
            .starts_with("$acme_certificate");
}

char* run(ngx_conf_t* cf, ngx_command_t& command, void* ssl_conf,
          const std::string& value)
{
    ngx_str_t words[2] = {command.name, pool_copy(cf->pool, value)};
    if (words[1].data == nullptr) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    ngx_array_t arguments{};
    arguments.elts = words;
    arguments.nelts = 2;
    auto* saved = cf->args;
    cf->args = &arguments;
    char* result = command.set(cf, &command, ssl_conf);
    cf->args = saved;
    return result;
}

void* ssl_conf_of(void** srv_conf)
{
    return srv_conf[ngx_http_ssl_module.ctx_index];
}

char* declare_lines(ngx_conf_t* cf, MainConf& main, ServerConf& server)
{
    const auto& core = *static_cast<ngx_http_core_srv_conf_t*>(
        ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
    for (auto line : server.lines) {
        if (line.automatic) {
            line.names = names_of_server(cf, core, line.place);
        }
        if (line.names.empty()) {
            return refuse(cf, line.place,
                          "\"acme_domain auto\" finds no usable server name");
        }
        char* result = declare(cf, main, line, server.certificates);
        if (result != NGX_CONF_OK) {
            return result;
        }
    }
    return NGX_CONF_OK;
}

}  // namespace

// Runs in our merge, before nginx's ssl module merges its own: gives a server
// that has acme_domain and no ssl_certificate the form of certificate that
// nginx looks up at each handshake, by a callback that then becomes ours.
char* prepare_server(ngx_conf_t* cf, MainConf& main, ServerConf& server)
{
    if (server.lines.empty()) {
        return NGX_CONF_OK;
    }
    if (char* result = declare_lines(cf, main, server);
        result != NGX_CONF_OK)
    {
        return result;
    }
    auto* certificate = ssl_command("ssl_certificate");
    auto* key = ssl_command("ssl_certificate_key");
    if (certificate == nullptr || key == nullptr) {
        return refuse(cf, server.lines.front().place,
                      "this nginx has no \"ssl_certificate\"");
    }
    void* own = ngx_http_conf_get_module_srv_conf(cf, ngx_http_ssl_module);
    const auto* given = array_of(own, *certificate);
    if (given == nullptr) {
        given = array_of(ssl_conf_of(main.http_srv_conf), *certificate);
    }
    for (const auto* command : {certificate, key}) {
        if (auto* values = array_of(own, *command); is_ours(values)) {
            values->nelts = 0;  // set below
        }
    }
    if (given != nullptr && given->nelts > 0 && !is_ours(given)) {
        if (has_variable(*given)) {
            return refuse(cf, server.lines.front().place,
                          "a variable in \"ssl_certificate\" excludes "
                          "\"acme_domain\" in the same server");
        }
        server.has_static = true;
        return NGX_CONF_OK;
    }
    // The ids make sessions of one server unusable in another, as nginx does
    // with the names of static files; nothing ever evaluates this.
    std::string ids;
    for (auto index : server.certificates) {
        ids += main.settings.certificates[index].id + " ";
    }
    const std::string name =
        "$acme_certificate:" + crypto::to_hex(crypto::sha256(ids));
    char* result = run(cf, *certificate, own, name);
    return result == NGX_CONF_OK ? run(cf, *key, own, name) : result;
}

namespace {

void attach_server(MainConf& main, ServerConf& server, SSL_CTX* context)
{
    if (server.certificates.empty()) {
        return;
    }
    const bool reject = server.reject_pending.value_or(false);
    server.tls = std::make_unique<TlsServer>(
        TlsServer::Environment{main.tables,
                               reject ? nullptr : &main.placeholder},
        server.has_static);
    for (auto index : server.certificates) {
        const auto& certificate = main.settings.certificates[index];
        if (certificate.pair_of) {
            server.tls->pair(*main.served[*certificate.pair_of],
                             *main.served[index]);
        } else {
            server.tls->add(*main.served[index], certificate.names);
        }
    }
    server.tls->attach(context);
}

bool serves_certificates(const ngx_http_listen_opt_t& options)
{
#if (NGX_HTTP_V3)
    if (options.quic) {
        return true;
    }
#endif
    return options.ssl;
}

ServerConf& conf_of(const ngx_http_core_srv_conf_t& server)
{
    return *static_cast<ServerConf*>(
        server.ctx->srv_conf[ngx_http_acme_domain_module.ctx_index]);
}

}  // namespace

void attach_servers(ngx_conf_t* cf, MainConf& main)
{
    for (const auto& certificate : main.settings.certificates) {
        main.served.push_back(
            std::make_unique<ServedCertificate>(certificate.id));
    }
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    auto** servers =
        static_cast<ngx_http_core_srv_conf_t**>(core->servers.elts);
    for (ngx_uint_t i = 0; i < core->servers.nelts; i++) {
        auto& ssl = *static_cast<ngx_http_ssl_srv_conf_t*>(
            ssl_conf_of(servers[i]->ctx->srv_conf));
        if (ssl.ssl.ctx != nullptr) {
            answer_tls_alpn_01(ssl.ssl.ctx, main);
            attach_server(main, conf_of(*servers[i]), ssl.ssl.ctx);
        }
    }
}

std::set<std::size_t> find_served(ngx_conf_t* cf, const MainConf& main)
{
    const auto& core = *static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    std::set<std::size_t> served;
    for (const auto& port : elements<ngx_http_conf_port_t>(core.ports)) {
        for (const auto& address :
             elements<ngx_http_conf_addr_t>(&port.addrs))
        {
            if (!serves_certificates(address.opt)) {
                continue;
            }
            for (const auto* server :
                 elements<ngx_http_core_srv_conf_t*>(&address.servers))
            {
                const auto& certificates = conf_of(*server).certificates;
                served.insert(certificates.begin(), certificates.end());
            }
        }
    }
    auto known = served;
    for (const auto* server :
         elements<ngx_http_core_srv_conf_t*>(&core.servers))
    {
        for (auto index : conf_of(*server).certificates) {
            if (!known.insert(index).second) {
                continue;
            }
            const auto& place = main.certificate_places[index];
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "the certificate \"%s\" is obtained but served "
                          "nowhere: its server has no \"listen ... ssl\", "
                          "\"acme_domain\" in %s:%ui",
                          main.settings.certificates[index].id.c_str(),
                          place.file.c_str(), place.line);
        }
    }
    return served;
}

}  // namespace nginx
