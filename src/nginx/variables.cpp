// $acme_domain, $acme_expires, $acme_state: about the certificate of the
// connection that a request came by. None of them ever holds a key.
#include "nginx/conf.h"
#include "nginx/guarded.h"

#include <string>

namespace nginx {

namespace {

// The id of the certificate; null when the connection has none of ours.
const std::string* certificate_of(ngx_http_request_t* r)
{
    auto* connection = r->connection;
    const auto& server = *static_cast<ServerConf*>(
        ngx_http_get_module_srv_conf(r, ngx_http_acme_domain_module));
    if (connection->ssl == nullptr || server.tls == nullptr) {
        return nullptr;
    }
    return server.tls->id_for(connection->ssl->connection);
}

base::Time now()
{
    return base::Time(std::chrono::seconds(ngx_time()));
}

using Get = std::string (*)(MainConf& main, const std::string& id);

std::string domain(MainConf&, const std::string& id) { return id; }

std::string expires(MainConf& main, const std::string& id)
{
    const auto head = main.tables->head_of(id);
    return head && head->not_after != 0
        ? std::to_string(head->not_after - std::int64_t(ngx_time()))
        : std::string();
}

std::string state(MainConf& main, const std::string& id)
{
    const auto head = main.tables->head_of(id);
    return std::string(status::name_of(
        status::state_at(head.value_or(status::Head{}), now())));
}

constexpr Get kGetters[] = {domain, expires, state};

std::string value_of(ngx_http_request_t* r, Get get)
{
    auto& main = *static_cast<MainConf*>(
        ngx_http_get_module_main_conf(r, ngx_http_acme_domain_module));
    const auto* id = certificate_of(r);
    return id == nullptr || !main.tables ? std::string() : get(main, *id);
}

ngx_int_t get_variable(ngx_http_request_t* r, ngx_http_variable_value_t* v,
                       uintptr_t which) noexcept
{
    v->not_found = 1;
    guarded(r->connection->log, [=] {
        const auto text = pool_copy(r->pool, value_of(r, kGetters[which]));
        if (text.data == nullptr || text.len == 0) {
            return;
        }
        v->len = unsigned(text.len);
        v->data = text.data;
        v->valid = 1;
        v->no_cacheable = 0;
        v->not_found = 0;
    });
    return NGX_OK;
}

}  // namespace

ngx_int_t add_variables(ngx_conf_t* cf)
{
    ngx_str_t names[] = {ngx_string("acme_domain"), ngx_string("acme_expires"),
                         ngx_string("acme_state")};
    for (std::size_t i = 0; i < std::size(names); i++) {
        auto* variable = ngx_http_add_variable(cf, &names[i], 0);
        if (variable == nullptr) {
            return NGX_ERROR;
        }
        variable->get_handler = get_variable;
        variable->data = i;
    }
    return NGX_OK;
}

}  // namespace nginx
