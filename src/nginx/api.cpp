// acme_api: the status, and commands to the helper:
//
//     POST <location>/certificates/<id>/<action>
//
// where the action is renew, rehearse, retry or revoke (?reason=...). A
// command lies in shared memory until the helper has seen to it, so that it
// outlives a reload and the helper's death.
#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "manager/command.h"
#include "nginx/guarded.h"
#include "nginx/status_page.h"

namespace nginx {

namespace {

using base::json::Value;

constexpr std::string_view kJson = "application/json";

ngx_int_t answer(ngx_http_request_t* r, ngx_uint_t status, const Value& body)
{
    return send_text(r, status, kJson, base::json::dump(body) + "\n");
}

ngx_int_t refuse(ngx_http_request_t* r, ngx_uint_t status,
                 const std::string& why)
{
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "acme: command refused: %s", why.c_str());
    return answer(r, status, {{"error", why}});
}

std::optional<std::string_view> header(const ngx_http_request_t& r,
                                       std::string_view name)
{
    const auto found = headers_named(r, name);
    return found.empty() ? std::nullopt
                         : std::optional(view(found.front()->value));
}

// --- no command from another site ------------------------------------------

// "host:port" of a URL.
std::string_view authority_of(std::string_view url)
{
    const auto begin = url.find("://");
    if (begin == std::string_view::npos) {
        return {};
    }
    url.remove_prefix(begin + 3);
    return url.substr(0, url.find('/'));
}

// A browser says where a request comes from; other clients, whom no page can
// make send one, say nothing. "none": from the user, not from a page.
bool is_from_elsewhere(const ngx_http_request_t& r)
{
    const auto host = header(r, "host").value_or(view(r.headers_in.server));
    if (const auto site = header(r, "sec-fetch-site")) {
        return *site != "same-origin" && *site != "none";
    }
    for (const auto name : {"origin", "referer"}) {
        if (const auto url = header(r, name)) {
            return authority_of(*url) != host;
        }
    }
    return false;
}

bool is_named_by(std::string_view pattern, std::string_view host)
{
    if (pattern.starts_with("*.") || pattern.starts_with('.')) {
        const auto suffix = pattern.substr(pattern.find('.'));
        return host.ends_with(suffix) || host == suffix.substr(1);
    }
    return !host.empty() && pattern == host;
}

// A page of another site whose name was made to lead here would be of the
// same origin: what it asks for has that name as its host.
bool is_for_us(const ngx_http_request_t& r, const LocationConf& location)
{
    const auto host = view(r.headers_in.server);
    const bool literal = host.starts_with('[')
        || host.find_first_not_of("0123456789.") == std::string_view::npos;
    if (literal || host == "localhost") {
        return true;
    }
    return std::ranges::any_of(
        location.server_names,
        [host](const auto& name) { return is_named_by(name, host); });
}

// --- commands --------------------------------------------------------------

// What the path asks for: nothing when it is not that of a command.
std::optional<manager::Command> command_of(ngx_http_request_t* r,
                                           const LocationConf& location)
{
    auto path = view(r->uri).substr(location.core->name.len);
    if (path.starts_with('/')) {
        path.remove_prefix(1);
    }
    constexpr std::string_view kFolder = "certificates/";
    const auto slash = path.rfind('/');
    if (!path.starts_with(kFolder) || slash < kFolder.size()) {
        return std::nullopt;
    }
    const auto action = manager::parse_action(path.substr(slash + 1));
    if (!action) {
        return std::nullopt;
    }
    manager::Command command;
    command.id = path.substr(kFolder.size(), slash - kFolder.size());
    command.action = *action;
    return command;
}

base::Status take_reason(ngx_http_request_t* r, manager::Command& command)
{
    u_char name[] = "reason";
    ngx_str_t value = ngx_null_string;
    (void) ngx_http_arg(r, name, sizeof(name) - 1, &value);
    const auto reason = manager::parse_reason(view(value));
    if (!reason) {
        return reason.error();
    }
    command.reason = *reason;
    return base::ok();
}

// The page's buttons lead back to the page.
ngx_int_t answer_queued(ngx_http_request_t* r, const LocationConf& location,
                        const manager::Command& command)
{
    const auto accept = header(*r, "accept").value_or("");
    if (accept.find("text/html") == std::string_view::npos) {
        return answer(r, NGX_HTTP_ACCEPTED,
                      {{"queued",
                        {{"id", command.id},
                         {"action", manager::name_of(command.action)}}}});
    }
    ngx_http_clear_location(r);
    auto* where = static_cast<ngx_table_elt_t*>(
        ngx_list_push(&r->headers_out.headers));
    if (where == nullptr) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    *where = {};
    where->hash = 1;
    ngx_str_set(&where->key, "Location");
    where->value = pool_copy(r->pool, path_of(location));
    r->headers_out.location = where;
    return NGX_HTTP_SEE_OTHER;
}

// Why the certificate cannot be asked for this; empty when it can.
std::string objection(const MainConf& main, const manager::Command& command)
{
    const auto found = main.id_index.find(command.id);
    const auto& settings = main.settings.certificates[found->second];
    const auto& issuer = main.settings.issuers[settings.issuers.front()];
    if (command.action == manager::Action::rehearse && !issuer.rehearsal) {
        return "issuer \"" + issuer.name
            + "\" has no staging twin: name one by \"staging\" in its "
              "\"acme_issuer\"";
    }
    if (command.action == manager::Action::revoke
        && !main.tables->certificates().contains(command.id))
    {
        return "there is no certificate to revoke";
    }
    return {};
}

ngx_int_t queue(ngx_http_request_t* r, MainConf& main,
                const LocationConf& location, manager::Command command)
{
    if (auto status = take_reason(r, command); !status) {
        return refuse(r, NGX_HTTP_BAD_REQUEST, status.error().message);
    }
    if (const auto why = objection(main, command); !why.empty()) {
        return refuse(r, NGX_HTTP_CONFLICT, why);
    }
    if (!main.tables->add(command)) {
        return refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                      "the shared memory is full: set a larger "
                      "\"acme_zone\"");
    }
    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "acme: asked to %s, certificate \"%s\"",
                  std::string(manager::name_of(command.action)).c_str(),
                  command.id.c_str());
    return answer_queued(r, location, command);
}

ngx_int_t on_post(ngx_http_request_t* r, MainConf& main,
                  const LocationConf& location)
{
    if (is_from_elsewhere(*r)) {
        return refuse(r, NGX_HTTP_FORBIDDEN,
                      "the request comes from another site");
    }
    if (!is_for_us(*r, location)) {
        return refuse(r, NGX_HTTP_FORBIDDEN,
                      "\"" + base::printable(view(r->headers_in.server))
                          + "\" is not a server_name here");
    }
    auto command = command_of(r, location);
    if (!command || !main.id_index.contains(command->id) || !main.tables) {
        return refuse(r, NGX_HTTP_NOT_FOUND,
                      "there is no such certificate or action");
    }
    return queue(r, main, location, std::move(*command));
}

ngx_int_t handle(ngx_http_request_t* r, MainConf& main,
                 const LocationConf& location)
{
    if (!is_restricted(r, location)) {
        return refuse(r, NGX_HTTP_FORBIDDEN,
                      "this location lets everybody in: restrict it by "
                      "allow and deny, authentication, client certificates "
                      "or a unix socket");
    }
    if ((r->method & NGX_HTTP_POST) != 0) {
        const auto rc = ngx_http_discard_request_body(r);
        return rc == NGX_OK ? on_post(r, main, location) : rc;
    }
    if (command_of(r, location)) {
        return NGX_HTTP_NOT_ALLOWED;
    }
    return answer_status(r, main, location);
}

}  // namespace

ngx_int_t on_api(ngx_http_request_t* r) noexcept
{
    return guarded(
        r->connection->log, ngx_int_t(NGX_HTTP_INTERNAL_SERVER_ERROR), [r] {
            auto& main = *static_cast<MainConf*>(ngx_http_get_module_main_conf(
                r, ngx_http_acme_domain_module));
            const auto& location =
                *static_cast<LocationConf*>(ngx_http_get_module_loc_conf(
                    r, ngx_http_acme_domain_module));
            return handle(r, main, location);
        });
}

}  // namespace nginx
