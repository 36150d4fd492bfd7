#include "nginx/conf.h"
#include "nginx/guarded.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "http/url.h"

namespace nginx {

namespace {

constexpr std::size_t kMaxFile = 1024 * 1024;

struct BuiltIn {
    std::string_view name;
    const char* directory;
};

constexpr BuiltIn kBuiltIn[] = {
    {"letsencrypt", "https://acme-v02.api.letsencrypt.org/directory"},
    {"letsencrypt-staging",
     "https://acme-staging-v02.api.letsencrypt.org/directory"},
    {"zerossl", "https://acme.zerossl.com/v2/DV90"},
    {"google", "https://dv.acme-v02.api.pki.goog/directory"},
    {"google-test", "https://dv.acme-v02.test-api.pki.goog/directory"},
};

// A block while it is being read.
struct Block {
    manager::IssuerSettings settings;
    std::set<std::string> seen;
};

using Error = base::Error;
using base::ErrorKind;

Error invalid(std::string why) { return {ErrorKind::config, std::move(why)}; }

std::string_view argument(ngx_conf_t* cf, ngx_uint_t i = 1)
{
    return view(static_cast<ngx_str_t*>(cf->args->elts)[i]);
}

base::Result<bool> parse_flag(std::string_view text)
{
    if (text == "on" || text == "off") {
        return text == "on";
    }
    return invalid("it must be \"on\" or \"off\"");
}

// The whole of a file of the operator's, whose path is relative to the
// configuration's folder as everywhere in nginx.
base::Result<base::Secret> read_file(ngx_conf_t* cf, std::string_view name)
{
    ngx_str_t path = pool_copy(cf->pool, name);
    if (path.data == nullptr
        || ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK)
    {
        return invalid("out of memory");
    }
    const std::string full(view(path));
    FILE* file = fopen(full.c_str(), "re");
    if (file == nullptr) {
        return invalid("cannot open \"" + full + "\": " + strerror(errno));
    }
    std::string text(kMaxFile, '\0');
    const std::size_t size = fread(text.data(), 1, text.size(), file);
    const bool failed = ferror(file) != 0;
    fclose(file);
    base::Secret content(std::string_view(text).substr(0, size));
    base::wipe(text.data(), size);
    if (failed) {
        return invalid("cannot read \"" + full + "\"");
    }
    return content;
}

// --- one function an option ------------------------------------------------

base::Status set_uri(ngx_conf_t* cf, Block& block)
{
    if (auto status = http::check_url(argument(cf)); !status) {
        return status;
    }
    block.settings.directory = argument(cf);
    return base::ok();
}

base::Status set_contact(ngx_conf_t* cf, Block& block)
{
    auto contacts = parse_contacts(cf);
    if (!contacts) {
        return contacts.error();
    }
    block.settings.contacts = std::move(*contacts);
    return base::ok();
}

base::Status set_account_key(ngx_conf_t* cf, Block& block)
{
    const auto value = argument(cf);
    const bool names_a_type =
        value.starts_with("ecdsa") || value.starts_with("rsa");
    if (names_a_type && value.find('/') == std::string_view::npos) {
        auto type = crypto::parse_key_type(value);
        if (!type) {
            return type.error();
        }
        block.settings.account_key_type = *type;
        return base::ok();
    }
    auto pem = read_file(cf, value);
    if (!pem) {
        return pem.error();
    }
    if (auto key = crypto::PrivateKey::from_pem(pem->reveal()); !key) {
        return key.error();
    }
    block.settings.account_key_pem = std::move(*pem);
    return base::ok();
}

base::Status set_challenge(ngx_conf_t* cf, Block& block)
{
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        if (auto status = check_challenge(argument(cf, i)); !status) {
            return status;
        }
        block.settings.challenges.emplace_back(argument(cf, i));
    }
    return base::ok();
}

base::Status set_trust(ngx_conf_t* cf, Block& block)
{
    auto pem = read_file(cf, argument(cf));
    if (!pem) {
        return pem.error();
    }
    if (pem->reveal().find("-----BEGIN") == std::string_view::npos) {
        return invalid("there is no PEM certificate in it");
    }
    block.settings.trusted_pem = pem->reveal();
    return base::ok();
}

base::Status set_verify(ngx_conf_t* cf, Block& block)
{
    auto flag = parse_flag(argument(cf));
    if (!flag) {
        return flag.error();
    }
    block.settings.verify = *flag;
    if (!*flag) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"ssl_verify off\": whoever answers for the CA of "
                           "issuer \"%s\" is believed",
                           block.settings.name.c_str());
    }
    return base::ok();
}

base::Status set_terms(ngx_conf_t* cf, Block& block)
{
    if (cf->args->nelts == 1) {
        block.settings.accept_terms = true;
        return base::ok();
    }
    auto flag = parse_flag(argument(cf));
    if (!flag) {
        return flag.error();
    }
    block.settings.accept_terms = *flag;
    return base::ok();
}

struct Option {
    std::string_view name;
    ngx_uint_t least;  // arguments
    ngx_uint_t most;
    base::Status (*set)(ngx_conf_t*, Block&);
};

constexpr Option kOptions[] = {
    {"uri", 1, 1, set_uri},
    {"contact", 1, NGX_CONF_MAX_ARGS, set_contact},
    {"account_key", 1, 1, set_account_key},
    {"challenge", 1, NGX_CONF_MAX_ARGS, set_challenge},
    {"ssl_trusted_certificate", 1, 1, set_trust},
    {"ssl_verify", 1, 1, set_verify},
    {"accept_terms_of_service", 0, 1, set_terms},
};

char* take_option(ngx_conf_t* cf, Block& block)
{
    const std::string name(argument(cf, 0));
    const auto* option =
        std::find_if(std::begin(kOptions), std::end(kOptions),
                     [&](const Option& o) { return o.name == name; });
    const std::string where = "\"" + base::printable(name) + "\"";
    if (option == std::end(kOptions)) {
        return refuse(cf, "unknown directive " + where + " in \"acme_issuer\"");
    }
    const auto given = cf->args->nelts - 1;
    if (given < option->least || given > option->most) {
        return refuse(cf, "invalid number of arguments in " + where
                              + " directive");
    }
    if (!block.seen.insert(name).second) {
        return refuse(cf, where + " directive is duplicate");
    }
    if (auto status = option->set(cf, block); !status) {
        std::string value;
        for (ngx_uint_t i = 1; i <= given; i++) {
            value += " \"" + base::printable(argument(cf, i)) + "\"";
        }
        return refuse(cf, "invalid value" + value + " in " + where
                              + " directive: " + status.error().message);
    }
    return NGX_CONF_OK;
}

char* on_option(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_option(cf, *static_cast<Block*>(conf));
    });
}

// The name is part of file names.
bool good_name(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && name.front() != '.'
        && std::all_of(name.begin(), name.end(), [](unsigned char c) {
               return isalnum(c) || c == '-' || c == '_' || c == '.';
           });
}

char* read_block(ngx_conf_t* cf, Block& block)
{
    const ngx_conf_t saved = *cf;
    cf->handler = on_option;
    cf->handler_conf = reinterpret_cast<decltype(cf->handler_conf)>(&block);
    char* result = ngx_conf_parse(cf, nullptr);
    *cf = saved;
    return result;
}

char* take_block(ngx_conf_t* cf, MainConf& main)
{
    Block block;
    auto& settings = block.settings;
    settings.name = argument(cf);
    const std::string quoted = "\"" + base::printable(settings.name) + "\"";
    if (!good_name(settings.name)) {
        return refuse(cf, "invalid issuer name " + quoted
                              + ": letters, digits, \"-\", \"_\" and \".\" "
                                "only, 64 at most");
    }
    if (main.issuer_index.count(settings.name) > 0) {
        return refuse(cf, "duplicate issuer " + quoted);
    }
    if (const char* known = built_in_directory(settings.name)) {
        settings.directory = known;
    }
    if (char* result = read_block(cf, block); result != NGX_CONF_OK) {
        return result;
    }
    if (settings.directory.empty()) {
        return refuse(cf, "no \"uri\" in issuer " + quoted);
    }
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

char* on_acme_issuer(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [=] {
        return take_block(cf, *static_cast<MainConf*>(conf));
    });
}

}  // namespace nginx
