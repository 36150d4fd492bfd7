#include "nginx/conf.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/digest.h"

namespace nginx {

namespace {

// No public CA puts more into one certificate (Let's Encrypt: 100), and what
// a CA answers is bounded by this, too.
constexpr std::size_t kMaxNames = 100;

base::Identifiers sorted(base::Identifiers names)
{
    std::sort(names.begin(), names.end());
    return names;
}

// The first name; two sets that begin with the same one are told apart by a
// digest of their names.
std::string unique_id(const MainConf& main, const base::Identifiers& names)
{
    const std::string& first = names.front().value;
    if (main.id_index.count(first) == 0) {
        return first;
    }
    const auto digest =
        crypto::to_hex(crypto::sha256(base::join(sorted(names))));
    return first + "-" + digest.substr(0, 8);
}

// The index of the issuer the line wants, built-in ones made on first use.
base::Result<std::size_t> find_issuer(MainConf& main, std::string name)
{
    if (name.empty()) {
        if (main.issuer_declared) {
            return std::size_t(0);  // as nginx's first server is
        }
        name = "letsencrypt";
    }
    if (auto found = main.issuer_index.find(name);
        found != main.issuer_index.end())
    {
        return found->second;
    }
    const char* directory = built_in_directory(name);
    if (directory == nullptr) {
        return base::Error{base::ErrorKind::config,
                           "unknown issuer \"" + base::printable(name)
                               + "\" in \"acme_domain\" directive"};
    }
    manager::IssuerSettings settings;
    settings.name = name;
    settings.directory = directory;
    complete(settings);
    main.issuer_index.emplace(name, main.settings.issuers.size());
    main.settings.issuers.push_back(std::move(settings));
    return main.settings.issuers.size() - 1;
}

base::Result<std::vector<std::size_t>> find_issuers(
    MainConf& main, const std::vector<std::string>& names)
{
    std::vector<std::size_t> found;
    for (const auto& name : names.empty() ? std::vector<std::string>{""}
                                          : names)
    {
        auto index = find_issuer(main, name);
        if (!index) {
            return index.error();
        }
        found.push_back(*index);
    }
    return found;
}

bool same(const manager::CertificateSettings& a,
          const manager::CertificateSettings& b)
{
    return a.issuers == b.issuers && a.key == b.key
        && a.challenges == b.challenges && a.dns == b.dns
        && a.profile == b.profile && a.deploy == b.deploy;
}

// Nothing when it is refused, which was said then.
std::optional<std::size_t> declare_one(ngx_conf_t* cf, MainConf& main,
                                       const DomainLine& line,
                                       manager::CertificateSettings settings)
{
    const std::pair set(sorted(line.names), settings.pair_of.has_value());
    const auto known = main.set_index.find(set);
    if (known == main.set_index.end()) {
        const auto index = main.settings.certificates.size();
        main.set_index.emplace(set, index);
        main.id_index.emplace(settings.id, index);
        main.settings.certificates.push_back(std::move(settings));
        main.certificate_places.push_back(line.place);
        return index;
    }
    // The same set in several servers is one certificate.
    auto& first = main.settings.certificates[known->second];
    if (!same(settings, first)) {
        const auto& place = main.certificate_places[known->second];
        refuse(cf, line.place,
               "the certificate for \"" + base::join(line.names)
                   + "\" is declared with other parameters in " + place.file
                   + ":" + std::to_string(place.line) + ", \"acme_domain\"");
        return std::nullopt;
    }
    first.preflight = std::max(first.preflight, line.preflight);
    return known->second;
}

std::string id_of(const MainConf& main, const DomainLine& line,
                  crypto::KeyType type, std::optional<std::size_t> pair_of)
{
    return pair_of ? main.settings.certificates[*pair_of].id
            + (crypto::is_rsa(type) ? "+rsa" : "+ecdsa")
                   : unique_id(main, line.names);
}

}  // namespace

char* declare(ngx_conf_t* cf, MainConf& main, const DomainLine& line,
              std::vector<std::size_t>& certificates)
{
    if (line.names.size() > kMaxNames) {
        return refuse(cf, line.place,
                      std::to_string(line.names.size())
                          + " names in one certificate, 100 at most, "
                            "\"acme_domain\"");
    }
    const auto issuers = find_issuers(main, line.issuers);
    if (!issuers) {
        return refuse(cf, line.place, issuers.error().message);
    }
    const auto deploy = find_deploy(main, line.deploy);
    if (!deploy) {
        return refuse(cf, line.place, deploy.error().message);
    }
    const auto key = line.key.value_or(KeyLine{});
    std::optional<std::size_t> first;
    for (const auto type : key.types) {
        const auto index = declare_one(
            cf, main, line,
            {id_of(main, line, type, first), line.names, *issuers,
             {type, key.reuse}, line.challenges, line.dns, line.preflight,
             line.profile, first, *deploy});
        if (!index) {
            return static_cast<char*>(NGX_CONF_ERROR);
        }
        first = first.value_or(*index);
        if (std::ranges::find(certificates, *index) == certificates.end()) {
            certificates.push_back(*index);
        }
    }
    return NGX_CONF_OK;
}

char* find_rehearsals(ngx_conf_t* cf, MainConf& main)
{
    // Issuers may be added meanwhile, and have no twins of their own.
    const auto count = main.apis.empty() ? 0 : main.settings.issuers.size();
    for (std::size_t i = 0; i < count; i++) {
        const auto staging = main.settings.issuers[i].staging;
        if (staging.empty()) {
            continue;
        }
        auto twin = find_issuer(main, staging);
        if (!twin) {
            return refuse(cf, "unknown issuer \"" + base::printable(staging)
                                  + "\" in \"staging\" of issuer \""
                                  + main.settings.issuers[i].name + "\"");
        }
        main.settings.issuers[i].rehearsal = *twin;
    }
    return NGX_CONF_OK;
}

// --- acme_domain auto ------------------------------------------------------

namespace {

void skip(ngx_conf_t* cf, const Place& place, std::string_view name,
          const std::string& why)
{
    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"acme_domain auto\" passes over server name \"%s\": %s "
                  "in %s:%ui",
                  std::string(name).c_str(), why.c_str(), place.file.c_str(),
                  place.line);
}

void add(ngx_conf_t* cf, const Place& place, base::Identifiers& names,
         const std::string& text)
{
    auto name = base::parse_identifier(text);
    if (!name) {
        skip(cf, place, text, name.error().message);
        return;
    }
    if (name->wildcard()) {
        skip(cf, place, text,
             "a wildcard has to be named in \"acme_domain\"");
        return;
    }
    if (std::find(names.begin(), names.end(), *name) == names.end()) {
        names.push_back(std::move(*name));
    }
}

}  // namespace

base::Identifiers names_of_server(ngx_conf_t* cf,
                                  const ngx_http_core_srv_conf_t& server,
                                  const Place& place)
{
    base::Identifiers names;
    const auto* all =
        static_cast<ngx_http_server_name_t*>(server.server_names.elts);
    for (ngx_uint_t i = 0; i < server.server_names.nelts; i++) {
        const std::string name(view(all[i].name));
#if (NGX_PCRE)
        if (all[i].regex != nullptr) {
            skip(cf, place, "~" + name, "it is a regular expression");
            continue;
        }
#endif
        if (name.empty() || name == "_") {
            skip(cf, place, name, "it is no name");
        } else if (name.front() == '.') {
            add(cf, place, names, name.substr(1));
            add(cf, place, names, "www" + name);
        } else {
            add(cf, place, names, name);
        }
    }
    return names;
}

}  // namespace nginx
