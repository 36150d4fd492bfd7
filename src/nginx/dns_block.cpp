// acme_dns: who writes TXT records for dns-01.
#include "nginx/block.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"

#include <algorithm>
#include <array>

#include "http/url.h"

namespace nginx {

namespace {

using manager::DnsSettings;
using Type = DnsSettings::Type;

// A type and the options it takes.
struct TypeName {
    std::string_view name;
    Type type;
    std::array<std::string_view, 3> options;
};

constexpr TypeName kTypes[] = {
    {"exec", Type::exec, {"exec", "timeout"}},
    {"rfc2136", Type::rfc2136, {"key", "server", "zone"}},
    {"cloudflare", Type::cloudflare, {"token", "endpoint"}},
    {"route53", Type::route53, {"zone_id", "endpoint"}},
    {"acme-dns", Type::acme_dns, {"server", "allow_from"}},
};

DnsSettings& settings_of(void* block)
{
    return *static_cast<DnsSettings*>(block);
}

base::Status set_type(ngx_conf_t* cf, void* block)
{
    const auto found =
        std::ranges::find(kTypes, argument(cf), &TypeName::name);
    if (found == std::end(kTypes)) {
        return invalid("the type is unknown; known are \"exec\", "
                       "\"rfc2136\", \"cloudflare\", \"route53\" and "
                       "\"acme-dns\"");
    }
    settings_of(block).type = found->type;
    return base::ok();
}

base::Status set_exec(ngx_conf_t* cf, void* block)
{
    return take_program(cf, settings_of(block).command);
}

base::Status set_timeout(ngx_conf_t* cf, void* block)
{
    return take_time(cf, settings_of(block).timeout);
}

base::Status set_acme_dns_server(ngx_conf_t* cf, void* block)
{
    return take_url(cf, settings_of(block).acme_dns_server);
}

// Whom an update goes to: a name would have to be looked up, by a resolver that
// may need this server. acme-dns is asked over HTTP.
base::Status set_server(ngx_conf_t* cf, void* block)
{
    if (argument(cf).find("://") != std::string_view::npos) {
        return set_acme_dns_server(cf, block);
    }
    auto server = dns::parse_server_address(argument(cf));
    if (!server) {
        return server.error();
    }
    settings_of(block).update.server = std::move(*server);
    return base::ok();
}

base::Status set_zone(ngx_conf_t* cf, void* block)
{
    auto zone = dns::Name::from_text(argument(cf));
    if (!zone) {
        return zone.error();
    }
    settings_of(block).update.zone = std::move(*zone);
    return base::ok();
}

base::Status set_key(ngx_conf_t* cf, void* block)
{
    const auto text = read_secret_file(cf, argument(cf));
    if (!text) {
        return text.error();
    }
    auto key = dns::parse_tsig_key(text->reveal());
    if (!key) {
        return key.error();
    }
    settings_of(block).update.key = std::move(*key);
    return base::ok();
}

base::Status set_token(ngx_conf_t* cf, void* block)
{
    const auto text = read_secret_file(cf, argument(cf));
    if (!text) {
        return text.error();
    }
    auto token = text->reveal();
    token = token.substr(0, token.find_last_not_of(" \r\n") + 1);
    if (token.empty() || !http::is_header_value(token)) {
        return invalid("it must hold one line, the token");
    }
    settings_of(block).cloudflare.token = base::Secret(token);
    return base::ok();
}

base::Status set_zone_id(ngx_conf_t* cf, void* block)
{
    if (!is_good_name(argument(cf))) {
        return invalid("it must be a hosted zone's id");
    }
    settings_of(block).route53.zone_id = argument(cf);
    return base::ok();
}

// acme-dns takes no address without a length.
bool is_network(ngx_conf_t* cf, std::string_view text)
{
    ngx_str_t copy = pool_copy(cf->pool, text);
    ngx_cidr_t network;
    return text.find('/') != std::string_view::npos && copy.data != nullptr
        && ngx_ptocidr(&copy, &network) != NGX_ERROR;
}

base::Status set_allow_from(ngx_conf_t* cf, void* block)
{
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        if (!is_network(cf, argument(cf, i))) {
            return invalid(in_quotes(argument(cf, i))
                           + " is not a network such as 192.0.2.0/24");
        }
        settings_of(block).allow_from.emplace_back(argument(cf, i));
    }
    return base::ok();
}

base::Status set_endpoint(ngx_conf_t* cf, void* block)
{
    auto& settings = settings_of(block);
    auto status = take_url(cf, settings.cloudflare.endpoint);
    settings.route53.endpoint = settings.cloudflare.endpoint;
    return status;
}

constexpr BlockOption kOptions[] = {
    {"type", 1, 1, set_type},
    {"exec", 1, NGX_CONF_MAX_ARGS, set_exec},
    {"timeout", 1, 1, set_timeout},
    {"server", 1, 1, set_server},
    {"zone", 1, 1, set_zone},
    {"key", 1, 1, set_key, true},
    {"token", 1, 1, set_token, true},
    {"zone_id", 1, 1, set_zone_id},
    {"endpoint", 1, 1, set_endpoint},
    {"allow_from", 1, NGX_CONF_MAX_ARGS, set_allow_from},
};

// An option of another type would be without effect.
base::Status check_options(const DnsSettings& settings,
                           const OptionNames& given)
{
    const auto type = std::ranges::find(kTypes, settings.type, &TypeName::type);
    if (type == std::end(kTypes)) {
        return base::ok();
    }
    for (const auto& name : given) {
        if (name != "type"
            && std::ranges::find(type->options, name) == type->options.end())
        {
            return invalid(in_quotes(name) + " is no option of type "
                           + in_quotes(type->name));
        }
    }
    return base::ok();
}

// What the type cannot do without.
base::Status check(const DnsSettings& settings)
{
    switch (settings.type) {
    case Type::none:
        return invalid("there is no \"type\"");
    case Type::exec:
        return settings.command.empty() ? invalid("there is no \"exec\"")
                                        : base::ok();
    case Type::rfc2136:
        if (!settings.acme_dns_server.empty()) {
            return invalid("\"server\" must be an address");
        }
        return settings.update.key.secret.empty()
            ? invalid("there is no \"key\"")
            : base::ok();
    case Type::acme_dns:
        return settings.acme_dns_server.empty()
            ? invalid("there is no \"server\" with a URL")
            : base::ok();
    case Type::cloudflare:
        return settings.cloudflare.token.empty()
            ? invalid("there is no \"token\"")
            : base::ok();
    case Type::route53:
        return base::ok();
    }
    return base::ok();
}

char* take_block(ngx_conf_t* cf, std::vector<DnsSettings>& all)
{
    DnsSettings settings;
    settings.name = argument(cf);
    const auto name = in_quotes(settings.name);
    if (!is_good_name(settings.name)) {
        return refuse(cf, "invalid name " + name
                              + " in \"acme_dns\" directive");
    }
    if (std::ranges::find(all, settings.name, &DnsSettings::name) != all.end())
    {
        return refuse(cf, "duplicate \"acme_dns\" " + name);
    }
    OptionNames given;
    if (char* result = read_block(cf, kOptions, &settings, given);
        result != NGX_CONF_OK)
    {
        return result;
    }
    auto status = check(settings);
    if (status) {
        status = check_options(settings, given);
    }
    if (!status) {
        return refuse(cf, status.error().message + " in \"acme_dns\" "
                              + name);
    }
    if (settings.type == Type::route53) {
        settings.route53.environment = aws_environment();
    }
    all.push_back(std::move(settings));
    return NGX_CONF_OK;
}

}  // namespace

char* on_acme_dns(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_block(cf, static_cast<MainConf*>(conf)->settings.dns);
    });
}

}  // namespace nginx
