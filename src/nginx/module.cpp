// The module as nginx sees it: tables of directives and callbacks, each of
// which only delegates.
#include "nginx/conf.h"
#include "nginx/guarded.h"

#include <curl/curlver.h>

namespace nginx {

namespace {

MainConf* main_conf_of(ngx_cycle_t* cycle)
{
    auto* http = reinterpret_cast<ngx_http_conf_ctx_t*>(
        cycle->conf_ctx[ngx_http_module.index]);
    return http == nullptr
        ? nullptr
        : static_cast<MainConf*>(
              http->main_conf[ngx_http_acme_domain_module.ctx_index]);
}

// Whether there is anything to do for this module at all.
bool in_use(const MainConf* main)
{
    return main != nullptr && !main->settings.certificates.empty();
}

ngx_int_t no_value(ngx_http_request_t*, ngx_http_variable_value_t* v,
                   uintptr_t) noexcept
{
    v->not_found = 1;
    return NGX_OK;
}

// They stand where nginx wants the names of a certificate and its key; they
// never have a value (server.cpp).
ngx_int_t on_preconfiguration(ngx_conf_t* cf) noexcept
{
    ngx_str_t names[] = {ngx_string("acme_certificate"),
                         ngx_string("acme_certificate_key")};
    for (auto& name : names) {
        auto* variable = ngx_http_add_variable(cf, &name, 0);
        if (variable == nullptr) {
            return NGX_ERROR;
        }
        variable->get_handler = no_value;
    }
    return add_variables(cf);
}

void* on_create_main_conf(ngx_conf_t* cf) noexcept
{
    return guarded(cf->log, static_cast<void*>(nullptr),
                   [cf]() -> void* { return pool_new<MainConf>(cf->pool); });
}

void* on_create_server_conf(ngx_conf_t* cf) noexcept
{
    return guarded(cf->log, static_cast<void*>(nullptr),
                   [cf]() -> void* { return pool_new<ServerConf>(cf->pool); });
}

void* on_create_location_conf(ngx_conf_t* cf) noexcept
{
    return guarded(cf->log, static_cast<void*>(nullptr), [cf]() -> void* {
        return pool_new<LocationConf>(cf->pool);
    });
}

std::string user_agent()
{
    return std::string("ngx_http_acme_domain_module/") + kModuleVersion + " "
        + NGINX_VER + " libcurl/" LIBCURL_VERSION;
}

// After the whole http block was read, before servers are merged.
// To the lines that do not say it themselves.
void give_defaults(ServerConf& conf)
{
    for (auto& line : conf.lines) {
        line.preflight = conf.preflight.value_or(line.preflight);
        if (!line.key) {
            line.key = conf.key;
        }
    }
}

char* init_main_conf(ngx_conf_t* cf, MainConf& main)
{
    auto* context = static_cast<ngx_http_conf_ctx_t*>(cf->ctx);
    main.http_srv_conf = context->srv_conf;
    main.settings.user_agent = user_agent();
    auto& http = *static_cast<ServerConf*>(
        context->srv_conf[ngx_http_acme_domain_module.ctx_index]);
    give_defaults(http);
    std::vector<std::size_t> unserved;
    for (const auto& line : http.lines) {
        char* result = declare(cf, main, line, unserved);
        if (result != NGX_CONF_OK) {
            return result;
        }
    }
    return NGX_CONF_OK;
}

char* on_init_main_conf(ngx_conf_t* cf, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return init_main_conf(cf, *static_cast<MainConf*>(conf));
    });
}

char* on_merge_server_conf(ngx_conf_t* cf, void* parent,
                           void* child) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        auto& server = *static_cast<ServerConf*>(child);
        const auto& http = *static_cast<ServerConf*>(parent);
        if (!server.preflight) {
            server.preflight = http.preflight;
        }
        if (!server.key) {
            server.key = http.key;
        }
        if (!server.reject_pending) {
            server.reject_pending = http.reject_pending;
        }
        give_defaults(server);
        auto& main = *static_cast<MainConf*>(
            ngx_http_conf_get_module_main_conf(cf,
                                               ngx_http_acme_domain_module));
        return prepare_server(cf, main, server);
    });
}

// --- the end of the configuration ------------------------------------------

void complete_issuers(MainConf& main)
{
    for (auto& issuer : main.settings.issuers) {
        if (issuer.contacts.empty()) {
            issuer.contacts = main.contacts;
        }
    }
}

base::Status make_placeholder(MainConf& main)
{
    auto key = crypto::PrivateKey::generate(crypto::KeyType::ecdsa_256);
    if (!key) {
        return key.error();
    }
    auto certificate = crypto::make_placeholder(
        *key, "acme-domain.invalid");
    if (!certificate) {
        return certificate.error();
    }
    main.placeholder.key = std::move(*key);
    main.placeholder.certificate = std::move(*certificate);
    return base::ok();
}

ngx_int_t add_handler(ngx_conf_t* cf)
{
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    auto* handler = static_cast<ngx_http_handler_pt*>(ngx_array_push(
        &core->phases[NGX_HTTP_POST_READ_PHASE].handlers));
    if (handler == nullptr) {
        return NGX_ERROR;
    }
    *handler = on_post_read;
    return NGX_OK;
}

ngx_int_t postconfiguration(ngx_conf_t* cf)
{
    auto& main = *static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(
        cf, ngx_http_acme_domain_module));
    find_restrictions(cf, main);
    if (!in_use(&main)) {
        return NGX_OK;
    }
    if (find_rehearsals(cf, main) != NGX_CONF_OK) {
        return NGX_ERROR;
    }
    complete_issuers(main);
    if (choose_challenges(cf, main) != NGX_CONF_OK
        || check_deploy(cf, main) != NGX_CONF_OK)
    {
        return NGX_ERROR;
    }
    auto status = make_placeholder(main);
    if (status) {
        status = make_validation_context(main);
    }
    if (!status) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "acme: %s",
                      status.error().message.c_str());
        return NGX_ERROR;
    }
    attach_servers(cf, main);
    const auto served = find_served(cf, main);
    const bool done = add_name_server(cf, main) == NGX_CONF_OK
        && add_state_path(cf, main) == NGX_CONF_OK
        && add_zone(cf, main) == NGX_CONF_OK;
    describe_certificates(main, served);
    return done ? add_handler(cf) : NGX_ERROR;
}

ngx_int_t on_postconfiguration(ngx_conf_t* cf) noexcept
{
    return guarded(cf->log, ngx_int_t(NGX_ERROR),
                   [cf] { return postconfiguration(cf); });
}

// --- processes -------------------------------------------------------------

ngx_int_t on_init_module(ngx_cycle_t* cycle) noexcept
{
    return guarded(cycle->log, ngx_int_t(NGX_OK), [cycle] {
        auto* main = main_conf_of(cycle);
        if (!in_use(main)) {
            return NGX_OK;
        }
        warn_about_state_path(cycle, *main);
        make_export_folders(cycle, *main);
        return NGX_OK;
    });
}

// Workers have no use for the operator's account keys and passwords, nor for
// what may write DNS records.
void forget_secrets(MainConf& main)
{
    for (auto& issuer : main.settings.issuers) {
        issuer.account_key_pem.clear();
        issuer.external_account.reset();
        base::wipe(issuer.proxy.data(), issuer.proxy.size());
    }
    const auto wipe = [](aws::Environment& environment) {
        for (auto& [name, value] : environment) {
            base::wipe(value.data(), value.size());
        }
    };
    for (auto& dns : main.settings.dns) {
        wipe(dns.route53.environment);
    }
    for (auto& deploy : main.settings.deploy) {
        wipe(deploy.acm.environment);
    }
    main.settings.dns.clear();
    main.settings.deploy.clear();
}

ngx_int_t on_init_process(ngx_cycle_t* cycle) noexcept
{
    return guarded(cycle->log, ngx_int_t(NGX_OK), [cycle] {
        auto* main = main_conf_of(cycle);
        if (!in_use(main)) {
            return NGX_OK;
        }
        if (ngx_process == NGX_PROCESS_WORKER) {
            forget_secrets(*main);
        }
        if (ngx_process == NGX_PROCESS_SINGLE) {
            // master_process off: there is no helper process.
            start_helper(*main);
        }
        return NGX_OK;
    });
}

// --- tables ----------------------------------------------------------------

ngx_command_t commands[] = {
    {ngx_string("acme_domain"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_1MORE, on_acme_domain,
     NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_pending"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     on_acme_pending, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_preflight"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     on_acme_preflight, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_key"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE123, on_acme_key,
     NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_issuer"),
     NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE1, on_acme_issuer,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_state_path"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     ngx_conf_set_str_slot, NGX_HTTP_MAIN_CONF_OFFSET,
     offsetof(MainSlots, state_path), nullptr},

    {ngx_string("acme_certificate"), NGX_HTTP_SRV_CONF | NGX_CONF_1MORE,
     on_acme_certificate, NGX_HTTP_SRV_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_shared_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     on_acme_shared_zone, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     ngx_conf_set_size_slot, NGX_HTTP_MAIN_CONF_OFFSET,
     offsetof(MainSlots, zone_size), nullptr},

    {ngx_string("acme_contact"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
     on_acme_contact, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_dns"),
     NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE1, on_acme_dns,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_deploy"),
     NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE1, on_acme_deploy,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_dns_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE12,
     on_acme_dns_zone, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_dns_listen"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
     on_acme_dns_listen, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_resolver"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
     on_acme_resolver, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_status"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS,
     on_acme_status, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    {ngx_string("acme_api"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, on_acme_api,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},

    ngx_null_command};

ngx_http_module_t context = {
    on_preconfiguration, on_postconfiguration, on_create_main_conf,
    on_init_main_conf, on_create_server_conf, on_merge_server_conf,
    on_create_location_conf, nullptr};

}  // namespace

}  // namespace nginx

extern "C" {

__attribute__((visibility("default"))) ngx_module_t
    ngx_http_acme_domain_module = {
        NGX_MODULE_V1,
        &nginx::context,
        nginx::commands,
        NGX_HTTP_MODULE,
        nullptr,                 // init master
        nginx::on_init_module,
        nginx::on_init_process,
        nullptr,                 // init thread
        nullptr,                 // exit thread
        nullptr,                 // exit process: not called in the helper
        nullptr,                 // exit master
        NGX_MODULE_V1_PADDING};
}
