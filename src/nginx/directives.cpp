#include "nginx/block.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"

#include <algorithm>


namespace nginx {

namespace {

constexpr std::string_view kChallenges[] = {
    "http-01", "tls-alpn-01", "dns-01", "dns-account-01", "dns-persist-01"};

std::vector<std::string_view> split(std::string_view list)
{
    std::vector<std::string_view> parts;
    for (;;) {
        const auto comma = list.find(',');
        parts.push_back(list.substr(0, comma));
        if (comma == std::string_view::npos) {
            return parts;
        }
        list.remove_prefix(comma + 1);
    }
}

using Error = base::Error;

base::Status set_issuer(DomainLine& line, std::string_view value)
{
    for (const auto name : split(value)) {
        if (name.empty()) {
            return Error{base::ErrorKind::config,
                         "the issuer's name is empty"};
        }
        if (std::ranges::find(line.issuers, name) != line.issuers.end()) {
            return Error{base::ErrorKind::config,
                         in_quotes(name) + " is there twice"};
        }
        line.issuers.emplace_back(name);
    }
    return base::ok();
}

base::Status add_type(KeyLine& key, std::string_view word)
{
    auto type = crypto::parse_key_type(word);
    if (!type) {
        return type.error();
    }
    const bool clash = std::ranges::any_of(key.types, [&](auto other) {
        return crypto::is_rsa(other) == crypto::is_rsa(*type);
    });
    if (clash) {
        return Error{base::ErrorKind::config,
                     "a pair is of one RSA and one ECDSA type"};
    }
    key.types.push_back(*type);
    return base::ok();
}

// A type or two, and "reuse" perhaps.
base::Result<KeyLine> parse_key(const std::vector<std::string_view>& words)
{
    KeyLine key;
    key.types.clear();
    for (const auto word : words) {
        if (word == "reuse" && !key.types.empty() && !key.reuse) {
            key.reuse = true;
        } else if (auto status = add_type(key, word); !status) {
            return status.error();
        }
    }
    return key;
}

base::Status set_key(DomainLine& line, std::string_view value)
{
    auto key = parse_key(split(value));
    if (!key) {
        return key.error();
    }
    line.key = *key;
    return base::ok();
}

base::Status set_profile(DomainLine& line, std::string_view value)
{
    auto profile = parse_profile(value);
    if (!profile) {
        return profile.error();
    }
    line.profile = std::move(*profile);
    return base::ok();
}

base::Status set_challenges(DomainLine& line, std::string_view value)
{
    for (auto type : split(value)) {
        if (auto status = add_challenge(line.challenges, type); !status) {
            return status;
        }
    }
    return base::ok();
}

base::Status set_dns(DomainLine& line, std::string_view value)
{
    if (value.empty()) {
        return Error{base::ErrorKind::config,
                     "the name of an \"acme_dns\" block is empty"};
    }
    line.dns = value;
    return base::ok();
}

base::Status set_deploy(DomainLine& line, std::string_view value)
{
    for (const auto name : split(value)) {
        const bool repeated =
            std::ranges::find(line.deploy, name) != line.deploy.end();
        if (name.empty() || repeated) {
            return Error{base::ErrorKind::config,
                         "the name of an \"acme_deploy\" block is "
                             + std::string(repeated ? "repeated" : "empty")};
        }
        line.deploy.emplace_back(name);
    }
    return base::ok();
}

struct ModeName {
    std::string_view name;
    manager::PreflightMode mode;
};

constexpr ModeName kModes[] = {
    {"off", manager::PreflightMode::off},
    {"warn", manager::PreflightMode::warn},
    {"require", manager::PreflightMode::require},
};

struct Parameter {
    std::string_view name;
    base::Status (*set)(DomainLine&, std::string_view);
};

constexpr Parameter kParameters[] = {
    {"issuer=", set_issuer},
    {"key=", set_key},
    {"challenge=", set_challenges},
    {"dns=", set_dns},
    {"profile=", set_profile},
    {"deploy=", set_deploy},
};

base::Status add_name(DomainLine& line, std::string_view text)
{
    if (text == "auto") {
        line.automatic = true;
        return base::ok();
    }
    auto name = base::parse_identifier(text);
    if (!name) {
        return name.error();
    }
    const bool repeated = std::find(line.names.begin(), line.names.end(),
                                    *name) != line.names.end();
    if (!repeated) {
        line.names.push_back(std::move(*name));
    }
    return base::ok();
}

// One argument: a parameter, or a name.
base::Status take_argument(DomainLine& line, std::string_view argument)
{
    for (const auto& parameter : kParameters) {
        if (argument.starts_with(parameter.name)) {
            return parameter.set(line,
                                 argument.substr(parameter.name.size()));
        }
    }
    if (argument.find('=') != std::string_view::npos) {
        return Error{base::ErrorKind::config,
                     "the parameter is unknown; known are \"issuer=\", "
                     "\"key=\", \"challenge=\", \"dns=\", \"profile=\" and "
                     "\"deploy=\""};
    }
    return add_name(line, argument);
}

// From the `first` argument on.
char* take_arguments(ngx_conf_t* cf, DomainLine& line, ngx_uint_t first)
{
    line.place = place_of(cf);
    for (ngx_uint_t i = first; i < cf->args->nelts; i++) {
        auto status = take_argument(line, argument(cf, i));
        if (!status) {
            return refuse(cf, "invalid value " + in_quotes(argument(cf, i))
                                  + " in " + in_quotes(argument(cf, 0))
                                  + " directive: " + status.error().message);
        }
    }
    return NGX_CONF_OK;
}

// acme_certificate issuer [name ...] [key=type] of nginx's own module; here it
// takes all that acme_domain does.
char* take_certificate(ngx_conf_t* cf, std::vector<DomainLine>& lines)
{
    DomainLine line;
    if (char* result = take_arguments(cf, line, 2); result != NGX_CONF_OK) {
        return result;
    }
    if (!line.issuers.empty()) {
        return refuse(cf, "the issuer stands before the names in "
                          "\"acme_certificate\" directive, not in "
                          "\"issuer=\"");
    }
    if (auto status = set_issuer(line, argument(cf)); !status) {
        return refuse(cf, "invalid issuer " + in_quotes(argument(cf))
                              + " in \"acme_certificate\" directive: "
                              + status.error().message);
    }
    line.automatic = line.names.empty();
    lines.push_back(std::move(line));
    return NGX_CONF_OK;
}

char* take_line(ngx_conf_t* cf, std::vector<DomainLine>& lines,
                bool in_server)
{
    DomainLine line;
    if (char* result = take_arguments(cf, line, 1); result != NGX_CONF_OK) {
        return result;
    }
    if (line.automatic && !line.names.empty()) {
        return refuse(cf, "\"auto\" in \"acme_domain\" directive takes the "
                          "names of the server: it excludes other names");
    }
    if (line.automatic && !in_server) {
        return refuse(cf, "\"acme_domain auto\" has a meaning in a server "
                          "only");
    }
    if (!line.automatic && line.names.empty()) {
        return refuse(cf, "no name in \"acme_domain\" directive");
    }
    lines.push_back(std::move(line));
    return NGX_CONF_OK;
}

}  // namespace

char* on_acme_domain(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_line(cf, static_cast<ServerConf*>(conf)->lines,
                         cf->cmd_type == NGX_HTTP_SRV_CONF);
    });
}

char* on_acme_certificate(ngx_conf_t* cf, ngx_command_t*,
                          void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_certificate(cf, static_cast<ServerConf*>(conf)->lines);
    });
}

// acme_shared_zone zone=name:size of nginx's own module: more room than there
// would be, never less.
char* on_acme_shared_zone(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=]() -> char* {
        auto& least = static_cast<MainConf*>(conf)->least_zone_size;
        const auto value = argument(cf);
        const auto colon = value.rfind(':');
        const bool good =
            value.starts_with("zone=") && colon != std::string_view::npos;
        ngx_str_t text = good ? pool_copy(cf->pool, value.substr(colon + 1))
                              : ngx_str_t ngx_null_string;
        const auto size = good ? ngx_parse_size(&text) : ssize_t(NGX_ERROR);
        if (size <= 0) {
            return refuse(cf, "invalid value " + in_quotes(value)
                                  + " in \"acme_shared_zone\" directive, it "
                                    "must be \"zone=name:size\"");
        }
        least = std::size_t(size);
        return NGX_CONF_OK;
    });
}

char* on_acme_contact(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=]() -> char* {
        auto& main = *static_cast<MainConf*>(conf);
        if (!main.contacts.empty()) {
            static char duplicate[] = "is duplicate";
            return duplicate;
        }
        auto contacts = parse_contacts(cf);
        if (!contacts) {
            return refuse(cf, contacts.error().message
                                  + " in \"acme_contact\" directive");
        }
        main.contacts = std::move(*contacts);
        return NGX_CONF_OK;
    });
}

char* on_acme_pending(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=]() -> char* {
        auto& reject = static_cast<ServerConf*>(conf)->reject_pending;
        if (reject) {
            static char duplicate[] = "is duplicate";
            return duplicate;
        }
        const auto how = argument(cf);
        if (how != "self-signed" && how != "reject") {
            return refuse(cf, "invalid value " + in_quotes(how)
                                  + " in \"acme_pending\" directive, it must "
                                    "be \"self-signed\" or \"reject\"");
        }
        reject = how == "reject";
        return NGX_CONF_OK;
    });
}

char* on_acme_preflight(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=]() -> char* {
        auto& mode = static_cast<ServerConf*>(conf)->preflight;
        if (mode) {
            static char duplicate[] = "is duplicate";
            return duplicate;
        }
        const auto found =
            std::ranges::find(kModes, argument(cf), &ModeName::name);
        if (found == std::end(kModes)) {
            return refuse(cf, "invalid value " + in_quotes(argument(cf))
                                  + " in \"acme_preflight\" directive, it "
                                    "must be \"off\", \"warn\" or "
                                    "\"require\"");
        }
        mode = found->mode;
        return NGX_CONF_OK;
    });
}

base::Result<std::vector<std::string>> parse_contacts(ngx_conf_t* cf)
{
    std::vector<std::string> contacts;
    const auto* arguments = static_cast<ngx_str_t*>(cf->args->elts);
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        auto mail = view(arguments[i]);
        if (mail.starts_with("mailto:")) {
            mail.remove_prefix(7);
        }
        const auto at = mail.find('@');
        const bool printable =
            std::all_of(mail.begin(), mail.end(),
                        [](char c) { return c > ' ' && c < 127; });
        if (at == 0 || at == std::string_view::npos || at + 1 == mail.size()
            || !printable)
        {
            return Error{base::ErrorKind::config,
                         "invalid mail address "
                             + in_quotes(view(arguments[i]))};
        }
        contacts.push_back("mailto:" + std::string(mail));
    }
    return contacts;
}

char* on_acme_key(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=]() -> char* {
        auto& key = static_cast<ServerConf*>(conf)->key;
        if (key) {
            static char duplicate[] = "is duplicate";
            return duplicate;
        }
        std::vector<std::string_view> words;
        std::string shown;
        for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
            words.push_back(argument(cf, i));
            shown += " " + in_quotes(words.back());
        }
        auto parsed = parse_key(words);
        if (!parsed) {
            return refuse(cf, "invalid value" + shown
                                  + " in \"acme_key\" directive: "
                                  + parsed.error().message);
        }
        key = *parsed;
        return NGX_CONF_OK;
    });
}

base::Result<manager::ProfileSettings> parse_profile(std::string_view text)
{
    manager::ProfileSettings profile;
    profile.required = text.ends_with('!');
    profile.name = text.substr(0, text.size() - (profile.required ? 1 : 0));
    if (!is_good_name(profile.name)) {
        return Error{base::ErrorKind::config, "it is no name of a profile"};
    }
    return profile;
}

base::Status add_challenge(std::vector<std::string>& all,
                           std::string_view type)
{
    // As nginx's own module calls them, too.
    if (type == "http" || type == "tls-alpn") {
        return add_challenge(all, type == "http" ? "http-01" : "tls-alpn-01");
    }
    if (std::ranges::find(all, type) != all.end()) {
        return Error{base::ErrorKind::config,
                     in_quotes(type) + " is there twice"};
    }
    if (std::ranges::find(kChallenges, type) != std::end(kChallenges)) {
        all.emplace_back(type);
        return base::ok();
    }
    return Error{base::ErrorKind::config,
                 "the challenge type is unknown; known are \"http-01\", "
                 "\"tls-alpn-01\", \"dns-01\", \"dns-account-01\" and "
                 "\"dns-persist-01\""};
}

}  // namespace nginx
