#include "nginx/conf.h"
#include "nginx/guarded.h"

namespace nginx {

namespace {

char* take(ngx_conf_t* cf, void* conf, ngx_http_handler_pt handler, bool api)
{
    auto& location = *static_cast<LocationConf*>(conf);
    auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    if (location.core != nullptr) {
        return refuse(cf, "\"acme_status\" or \"acme_api\" is there twice in "
                          "one location");
    }
    location.place = place_of(cf);
    location.core = core;
    location.server = static_cast<ngx_http_core_srv_conf_t*>(
        ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
    location.api = api;
    core->handler = handler;
    auto& main = *static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(
        cf, ngx_http_acme_domain_module));
    main.watched = true;
    if (!api) {
        return NGX_CONF_OK;
    }
    bool named = core->named != 0 || core->exact_match != 0;
#if (NGX_PCRE)
    named = named || core->regex != nullptr;
#endif
    if (named) {
        return refuse(cf, "\"acme_api\" needs a location given by a prefix: "
                          "commands go to paths below it");
    }
    main.apis.push_back(&location);
    return NGX_CONF_OK;
}

}  // namespace

char* on_acme_status(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR),
                   [=] { return take(cf, conf, on_status, false); });
}

char* on_acme_api(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR),
                   [=] { return take(cf, conf, on_api, true); });
}

}  // namespace nginx
