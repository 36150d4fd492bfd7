// The airlock: the only place where nginx's headers come in, before anything
// else (they decide the width of off_t).
#pragma once

extern "C" {
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
}

extern "C" ngx_module_t ngx_http_acme_domain_module;
