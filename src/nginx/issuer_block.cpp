#include "nginx/block.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"

#include <algorithm>

#include "http/url.h"

namespace nginx {

namespace {

struct BuiltIn {
    std::string_view name;
    const char* directory;
    const char* staging = "";
    const char* credentials_service = "";
};

constexpr BuiltIn kBuiltIn[] = {
    {"letsencrypt", "https://acme-v02.api.letsencrypt.org/directory",
     "letsencrypt-staging"},
    {"letsencrypt-staging",
     "https://acme-staging-v02.api.letsencrypt.org/directory"},
    {"zerossl", "https://acme.zerossl.com/v2/DV90", "",
     "https://api.zerossl.com/acme/eab-credentials-email"},
    {"google", "https://dv.acme-v02.api.pki.goog/directory", "google-test"},
    {"google-test", "https://dv.acme-v02.test-api.pki.goog/directory"},
};

using manager::IssuerSettings;

IssuerSettings& settings_of(void* block)
{
    return *static_cast<IssuerSettings*>(block);
}

// --- one function an option ------------------------------------------------

base::Status set_uri(ngx_conf_t* cf, void* block)
{
    if (auto status = http::check_url(argument(cf)); !status) {
        return status;
    }
    settings_of(block).directory = argument(cf);
    return base::ok();
}

base::Status set_contact(ngx_conf_t* cf, void* block)
{
    auto contacts = parse_contacts(cf);
    if (!contacts) {
        return contacts.error();
    }
    settings_of(block).contacts = std::move(*contacts);
    return base::ok();
}

base::Status set_account_key(ngx_conf_t* cf, void* block)
{
    const auto value = argument(cf);
    const bool names_a_type =
        value.starts_with("ecdsa") || value.starts_with("rsa");
    if (names_a_type && value.find('/') == std::string_view::npos) {
        auto type = crypto::parse_key_type(value);
        if (!type) {
            return type.error();
        }
        settings_of(block).account_key_type = *type;
        return base::ok();
    }
    auto pem = read_file(cf, value);
    if (!pem) {
        return pem.error();
    }
    if (auto key = crypto::PrivateKey::from_pem(pem->reveal()); !key) {
        return key.error();
    }
    settings_of(block).account_key_pem = std::move(*pem);
    return base::ok();
}

// A file, or, as nginx's own module has it, the key itself.
base::Result<base::Secret> external_account_key(ngx_conf_t* cf)
{
    constexpr std::string_view kData = "data:";
    const auto value = argument(cf, 2);
    return value.starts_with(kData)
        ? base::Secret(value.substr(kData.size()))
        : read_secret_file(cf, value);
}

base::Status set_external_account(ngx_conf_t* cf, void* block)
{
    acme::ExternalAccount account;
    account.kid = argument(cf);
    const auto text = external_account_key(cf);
    if (!text) {
        return text.error();
    }
    auto key = acme::decode_mac_key(*text);
    if (!key) {
        return key.error();
    }
    account.key = std::move(*key);
    if (cf->args->nelts > 3) {
        auto hash = acme::parse_mac_algorithm(argument(cf, 3));
        if (!hash) {
            return hash.error();
        }
        account.hash = *hash;
    }
    settings_of(block).external_account = std::move(account);
    return base::ok();
}

base::Status set_challenge(ngx_conf_t* cf, void* block)
{
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        auto status =
            add_challenge(settings_of(block).challenges, argument(cf, i));
        if (!status) {
            return status;
        }
    }
    return base::ok();
}

base::Status set_profile(ngx_conf_t* cf, void* block)
{
    auto profile = parse_profile(argument(cf));
    if (!profile) {
        return profile.error();
    }
    if (cf->args->nelts > 2) {
        if (argument(cf, 2) != "require") {
            return invalid("after the name \"require\" may stand, nothing "
                           "else");
        }
        profile->required = true;
    }
    settings_of(block).profile = std::move(*profile);
    return base::ok();
}

// A SHA-256 as people copy it: with colons, in capitals.
base::Status set_preferred_chain(ngx_conf_t* cf, void* block)
{
    std::string digest(argument(cf));
    std::erase(digest, ':');
    const bool is_digest = digest.size() == 64
        && std::ranges::all_of(digest,
                               [](unsigned char c) { return isxdigit(c); });
    if (is_digest) {
        std::ranges::transform(digest, digest.begin(), [](unsigned char c) {
            return char(tolower(c));
        });
        settings_of(block).preferred_chain = std::move(digest);
    } else {
        settings_of(block).preferred_chain = argument(cf);
    }
    return argument(cf).empty() ? base::Status(invalid("it is empty"))
                                : base::ok();
}

base::Status set_proxy(ngx_conf_t* cf, void* block)
{
    const auto url = argument(cf);
    const bool known = url.starts_with("http://")
        || url.starts_with("https://");
    if (!known || url.find("://") + 3 == url.size()) {
        return invalid("it must be the URL of an HTTP proxy, "
                       "\"http://host:port\"");
    }
    settings_of(block).proxy = url;
    return base::ok();
}

base::Status set_trust(ngx_conf_t* cf, void* block)
{
    auto pem = read_file(cf, argument(cf));
    if (!pem) {
        return pem.error();
    }
    if (pem->reveal().find("-----BEGIN") == std::string_view::npos) {
        return invalid("there is no PEM certificate in it");
    }
    settings_of(block).trusted_pem = pem->reveal();
    return base::ok();
}

base::Status set_verify(ngx_conf_t* cf, void* block)
{
    auto flag = parse_flag(argument(cf));
    if (!flag) {
        return flag.error();
    }
    settings_of(block).verify = *flag;
    if (!*flag) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"ssl_verify off\": whoever answers for the CA of "
                           "issuer \"%s\" is believed",
                           settings_of(block).name.c_str());
    }
    return base::ok();
}

base::Status set_terms(ngx_conf_t* cf, void* block)
{
    if (cf->args->nelts == 1) {
        settings_of(block).accept_terms = true;
        return base::ok();
    }
    auto flag = parse_flag(argument(cf));
    if (!flag) {
        return flag.error();
    }
    settings_of(block).accept_terms = *flag;
    return base::ok();
}

base::Status set_max_orders(ngx_conf_t* cf, void* block)
{
    const auto text = argument(cf);
    const auto count = ngx_atoi(
        reinterpret_cast<u_char*>(const_cast<char*>(text.data())),
        text.size());
    if (count < 1 || count > 100) {
        return invalid("it must be a number from 1 to 100");
    }
    settings_of(block).max_orders = unsigned(count);
    return base::ok();
}

base::Status set_staging(ngx_conf_t* cf, void* block)
{
    if (argument(cf) == settings_of(block).name) {
        return invalid("an issuer is not its own twin");
    }
    settings_of(block).staging = argument(cf);
    return base::ok();
}

base::Status set_common_name(ngx_conf_t* cf, void* block)
{
    auto flag = parse_flag(argument(cf));
    if (!flag) {
        return flag.error();
    }
    settings_of(block).common_name = *flag;
    return base::ok();
}

// Of nginx's own module. Here one directory is that of all issuers; without
// "acme_state_path" it is the first of these.
base::Status set_state_path(ngx_conf_t* cf, void*)
{
    auto& main = *static_cast<MainConf*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_acme_domain_module));
    const auto value = argument(cf);
    if (value == "off") {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"state_path off\" has no effect: accounts and "
                           "certificates are always kept, see "
                           "\"acme_state_path\"");
    } else if (main.issuer_state_path.empty()) {
        main.issuer_state_path = value;
    } else if (main.issuer_state_path != value) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"state_path\" has no effect here: what all "
                           "issuers have is kept in one directory, \"%s\"",
                           main.issuer_state_path.c_str());
    }
    return base::ok();
}

constexpr BlockOption kOptions[] = {
    {"uri", 1, 1, set_uri},
    {"contact", 1, NGX_CONF_MAX_ARGS, set_contact},
    {"account_key", 1, 1, set_account_key},
    {"external_account_key", 2, 3, set_external_account, true},
    {"challenge", 1, NGX_CONF_MAX_ARGS, set_challenge},
    {"profile", 1, 2, set_profile},
    {"preferred_chain", 1, 1, set_preferred_chain},
    {"proxy", 1, 1, set_proxy},
    {"ssl_trusted_certificate", 1, 1, set_trust},
    {"ssl_verify", 1, 1, set_verify},
    {"accept_terms_of_service", 0, 1, set_terms},
    {"staging", 1, 1, set_staging},
    {"max_orders", 1, 1, set_max_orders},
    {"common_name_in_csr", 1, 1, set_common_name},
    {"state_path", 1, 1, set_state_path},
};

char* take_block(ngx_conf_t* cf, MainConf& main)
{
    IssuerSettings settings;
    settings.name = argument(cf);
    const auto name = in_quotes(settings.name);
    if (!is_good_name(settings.name)) {
        return refuse(cf, "invalid issuer name " + name
                              + ": letters, digits, \"-\", \"_\" and \".\" "
                                "only, 64 at most");
    }
    if (main.issuer_index.count(settings.name) > 0) {
        return refuse(cf, "duplicate issuer " + name);
    }
    if (const char* known = built_in_directory(settings.name)) {
        settings.directory = known;
    }
    OptionNames given;
    if (char* result = read_block(cf, kOptions, &settings, given);
        result != NGX_CONF_OK)
    {
        return result;
    }
    if (settings.directory.empty()) {
        return refuse(cf, "no \"uri\" in issuer " + name);
    }
    complete(settings);
    main.issuer_index.emplace(settings.name, main.settings.issuers.size());
    main.settings.issuers.push_back(std::move(settings));
    main.issuer_declared = true;
    return NGX_CONF_OK;
}

}  // namespace

const char* built_in_directory(std::string_view name)
{
    for (const auto& known : kBuiltIn) {
        if (known.name == name) {
            return known.directory;
        }
    }
    return nullptr;
}

void complete(IssuerSettings& settings)
{
    for (const auto& known : kBuiltIn) {
        if (known.directory != settings.directory) {
            continue;
        }
        if (settings.staging.empty()) {
            settings.staging = known.staging;
        }
        settings.credentials_service = known.credentials_service;
    }
}

char* on_acme_issuer(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_block(cf, *static_cast<MainConf*>(conf));
    });
}

}  // namespace nginx
