// http-01 (RFC 8555, section 8.3) in the POST_READ phase: before redirects,
// rewriting, access rules, authentication and every location.
#include "nginx/conf.h"
#include "nginx/guarded.h"

namespace nginx {

namespace {

constexpr std::string_view kPrefix = "/.well-known/acme-challenge/";

// Longer ones are none of ours (RFC 8555 asks for 128 bits; CAs send 43
// characters).
constexpr std::size_t kMaxToken = 256;

MainConf& main_conf(ngx_http_request_t* r)
{
    return *static_cast<MainConf*>(
        ngx_http_get_module_main_conf(r, ngx_http_acme_domain_module));
}

bool asks_for_challenge(const ngx_http_request_t& r)
{
    const auto uri = view(r.uri);
    return (r.method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0
        && uri.size() > kPrefix.size()
        && uri.size() <= kPrefix.size() + kMaxToken
        && uri.starts_with(kPrefix);
}

// nginx has taken port and trailing dot off, and lowered the case; an IPv6
// literal still has its brackets.
std::string_view host_of(const ngx_http_request_t& r)
{
    auto host = view(r.headers_in.server);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    return host;
}

ngx_int_t send(ngx_http_request_t* r, std::string_view answer)
{
    ngx_http_complex_value_t body{};
    body.value = pool_copy(r->pool, answer);
    if (body.value.data == nullptr) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    static u_char octets[] = "application/octet-stream";
    ngx_str_t type{sizeof(octets) - 1, octets};
    return ngx_http_send_response(r, NGX_HTTP_OK, &type, &body);
}

ngx_int_t answer(ngx_http_request_t* r)
{
    auto& main = main_conf(r);
    if (!main.tables) {
        return NGX_DECLINED;
    }
    const auto token = view(r->uri).substr(kPrefix.size());
    const auto found =
        main.tables->answer(challenge::http_01_place(token, host_of(*r)));
    if (!found) {
        // Somebody else's token: another client behind this nginx answers.
        return NGX_DECLINED;
    }
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "acme: answering the http-01 challenge for \"%V\"",
                  &r->headers_in.server);
    main.tables->count(status::Counted::http_01);
    ngx_http_finalize_request(r, send(r, found->reveal()));
    return NGX_DONE;
}

}  // namespace

ngx_int_t on_post_read(ngx_http_request_t* r) noexcept
{
    if (!asks_for_challenge(*r)) {
        return NGX_DECLINED;
    }
    return guarded(r->connection->log, ngx_int_t(NGX_DECLINED),
                   [r] { return answer(r); });
}

}  // namespace nginx
