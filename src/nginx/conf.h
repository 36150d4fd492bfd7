// The module's configuration: made by the master while it reads nginx.conf,
// inherited by workers and helper through fork.
#pragma once

#include "nginx/ngx.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dns/responder.h"
#include "manager/settings.h"
#include "nginx/tls.h"
#include "shm/tables.h"
#include "status/report.h"

namespace nginx {

constexpr char kModuleVersion[] = "0.1.0";

// Where a directive stands, for messages given after the file was read.
struct Place {
    std::string file;
    ngx_uint_t line = 0;
};

// One type, or two that make a pair of certificates.
struct KeyLine {
    std::vector<crypto::KeyType> types{crypto::KeyType::ecdsa_256};
    bool reuse = false;
};

// One acme_domain line as it was written.
struct DomainLine {
    Place place;
    bool automatic = false;  // "auto": the server's own names
    base::Identifiers names;
    std::vector<std::string> issuers;  // none: the default one
    std::optional<KeyLine> key;  // none: the server's
    manager::ProfileSettings profile;
    std::vector<std::string> challenges;
    std::string dns;  // an acme_dns block; empty: none
    std::vector<std::string> deploy;  // acme_deploy blocks
    // Of the server, once that is known.
    manager::PreflightMode preflight = manager::PreflightMode::warn;
};

// The acme_dns_zone line.
struct DnsZoneLine {
    Place place;
    std::string zone;  // empty: none
    std::string name_server;  // empty: a name of a certificate
};

// One acme_dns_listen line.
struct DnsListenLine {
    Place place;
    ngx_addr_t address;
};

// What nginx's own slot functions write to: offsetof needs a plain struct.
struct MainSlots {
    ngx_str_t state_path;
    std::size_t zone_size;
};

// A location with acme_status or acme_api.
struct LocationConf {
    Place place;
    ngx_http_core_loc_conf_t* core = nullptr;
    ngx_http_core_srv_conf_t* server = nullptr;
    bool api = false;
    // Of the server: nginx keeps them while it reads the configuration only.
    std::vector<std::string> server_names;
    // Who may come is restricted by what stands in the location.
    bool restricted = false;
};

// The forms in which the status is shown.
enum class Format { html, json, prometheus };

// A page as it was in that second.
struct CachedPage {
    time_t second = 0;
    std::string text;
};

struct MainConf : MainSlots {
    MainConf() : MainSlots{ngx_null_string, NGX_CONF_UNSET_SIZE} {}

    std::vector<std::string> contacts;
    // Of nginx's own module: acme_shared_zone, and state_path of an issuer.
    std::size_t least_zone_size = 0;
    std::string issuer_state_path;
    manager::Settings settings;
    std::map<std::string, std::size_t> issuer_index;  // by name
    bool issuer_declared = false;  // then the first one is the default
    // By sorted names, and whether it is the second of a pair.
    std::map<std::pair<base::Identifiers, bool>, std::size_t> set_index;
    std::map<std::string, std::size_t> id_index;
    std::vector<Place> certificate_places;
    // The server configuration at http level, what servers inherit from.
    void** http_srv_conf = nullptr;
    ngx_path_t* path = nullptr;
    std::unique_ptr<shm::Tables> tables;  // once the zone exists
    std::vector<std::unique_ptr<ServedCertificate>> served;
    Placeholder placeholder;
    crypto::UniqueSslContext validation_context;
    DnsZoneLine dns_zone;
    std::vector<DnsListenLine> dns_listen;
    std::optional<dns::Responder> responder;
    // All that exist in the zone, as dns::Name::key() gives them.
    std::set<std::string, std::less<>> dns_names;
    // Those with acme_api; and whether it is shown anywhere how it goes.
    std::vector<LocationConf*> apis;
    bool watched = false;
    std::vector<status::Certificate> shown;  // as in settings.certificates
    // Of a worker; by form and the acme_api location's path.
    std::map<std::pair<Format, std::string>, CachedPage> pages;
};

struct ServerConf {
    // In the one at http level: managed, though no server here serves them.
    std::vector<DomainLine> lines;
    std::vector<std::size_t> certificates;  // into MainConf::settings
    bool has_static = false;                // has an ssl_certificate
    std::optional<manager::PreflightMode> preflight;
    std::optional<KeyLine> key;
    std::optional<bool> reject_pending;
    std::unique_ptr<TlsServer> tls;
};

// A C++ object in a pool: destroyed with it.
template <typename T>
T* pool_new(ngx_pool_t* pool)
{
    static_assert(alignof(T) <= NGX_ALIGNMENT);
    auto* cleanup = ngx_pool_cleanup_add(pool, sizeof(T));
    if (cleanup == nullptr) {
        return nullptr;
    }
    auto* object = ::new (cleanup->data) T();
    cleanup->handler = [](void* p) noexcept { static_cast<T*>(p)->~T(); };
    return object;
}

inline std::string_view view(const ngx_str_t& text)
{
    return {reinterpret_cast<const char*>(text.data), text.len};
}

// The elements of an array of nginx; none when there is no array.
template <typename T>
std::span<const T> elements(const ngx_array_t* array)
{
    if (array == nullptr) {
        return {};
    }
    return {static_cast<const T*>(array->elts), array->nelts};
}

// Text that lives as long as the pool.
ngx_str_t pool_copy(ngx_pool_t* pool, std::string_view text);

// An [emerg] with file and line, as the value a directive's setter returns.
char* refuse(ngx_conf_t* cf, const std::string& why);

// The same after the file was read.
char* refuse(ngx_conf_t* cf, const Place& place, const std::string& why);

Place place_of(ngx_conf_t* cf);

// acme_domain, acme_contact, acme_pending, acme_preflight, acme_key
// (directives.cpp), acme_issuer (issuer_block.cpp).
char* on_acme_domain(ngx_conf_t*, ngx_command_t*, void*) noexcept;
char* on_acme_contact(ngx_conf_t*, ngx_command_t*, void*) noexcept;
// Of nginx's own ACME module, with the same meaning (directives.cpp).
char* on_acme_certificate(ngx_conf_t*, ngx_command_t*, void*) noexcept;
char* on_acme_shared_zone(ngx_conf_t*, ngx_command_t*, void*) noexcept;
char* on_acme_issuer(ngx_conf_t*, ngx_command_t*, void*) noexcept;
char* on_acme_pending(ngx_conf_t*, ngx_command_t*, void*) noexcept;
char* on_acme_preflight(ngx_conf_t*, ngx_command_t*, void*) noexcept;
char* on_acme_key(ngx_conf_t*, ngx_command_t*, void*) noexcept;

// acme_deploy (deploy_block.cpp).
char* on_acme_deploy(ngx_conf_t*, ngx_command_t*, void*) noexcept;
// The indexes of the blocks of these names, once all are known.
base::Result<std::vector<std::size_t>> find_deploy(
    const MainConf& main, const std::vector<std::string>& names);
// Whether each can take the certificates that are deployed there.
char* check_deploy(ngx_conf_t* cf, const MainConf& main);
// export_path.cpp: the folders of those with "files".
void make_export_folders(ngx_cycle_t* cycle, const MainConf& main);

// acme_dns_zone, acme_dns_listen, acme_resolver (dns_directives.cpp).
char* on_acme_dns_zone(ngx_conf_t*, ngx_command_t*, void*) noexcept;
char* on_acme_dns_listen(ngx_conf_t*, ngx_command_t*, void*) noexcept;
char* on_acme_resolver(ngx_conf_t*, ngx_command_t*, void*) noexcept;

// acme_dns (dns_block.cpp).
char* on_acme_dns(ngx_conf_t*, ngx_command_t*, void*) noexcept;

// Mail addresses, one or more: what both "contact"s take.
base::Result<std::vector<std::string>> parse_contacts(ngx_conf_t* cf);

// Adds a challenge type; an Error when this version cannot answer it, or it is
// there already.
base::Status add_challenge(std::vector<std::string>& all,
                           std::string_view type);

// "shortlived", "shortlived!"; an Error when there is no name in it.
base::Result<manager::ProfileSettings> parse_profile(std::string_view text);

// The directory of a CA known by name; nothing for an unknown one.
const char* built_in_directory(std::string_view name);

// Fills in what is known of the CA that has this directory, and was not given.
void complete(manager::IssuerSettings& settings);

// certificates.cpp: from lines to managed certificates, after the whole file
// was read.
char* declare(ngx_conf_t* cf, MainConf& main, const DomainLine& line,
              std::vector<std::size_t>& certificates);
// Where acme_api can be asked for a rehearsal: the staging twins.
char* find_rehearsals(ngx_conf_t* cf, MainConf& main);
base::Identifiers names_of_server(ngx_conf_t* cf,
                                  const ngx_http_core_srv_conf_t& server,
                                  const Place& place);

// server.cpp: what a server block needs to serve managed certificates.
char* prepare_server(ngx_conf_t* cf, MainConf& main, ServerConf& server);
// After nginx built the servers' SSL_CTXs.
void attach_servers(ngx_conf_t* cf, MainConf& main);
// The certificates that are served here; it warns of those whose servers
// listen without TLS.
std::set<std::size_t> find_served(ngx_conf_t* cf, const MainConf& main);

// challenges.cpp: gives each certificate the challenge types it may be proved
// by, and warns when none of them can work.
char* choose_challenges(ngx_conf_t* cf, MainConf& main);

// tls_alpn_01.cpp: validations over TLS. From now on the handshakes that begin
// with this context are looked at; `main` must outlive it.
base::Status make_validation_context(MainConf& main);
void answer_tls_alpn_01(SSL_CTX* context, MainConf& main);

// dns_zone.cpp: the name server for acme_dns_zone, and its sockets; and
// dns_listener.cpp: what is asked there.
char* add_name_server(ngx_conf_t* cf, MainConf& main);
void on_dns_datagram(ngx_connection_t* c) noexcept;
void on_dns_connection(ngx_connection_t* c) noexcept;

// zone.cpp, state_path.cpp
char* add_zone(ngx_conf_t* cf, MainConf& main);
char* add_state_path(ngx_conf_t* cf, MainConf& main);
void warn_about_state_path(ngx_cycle_t* cycle, const MainConf& main);

// challenge_handler.cpp
ngx_int_t on_post_read(ngx_http_request_t* r) noexcept;

// status_page.cpp: acme_status, and what it says of each certificate.
ngx_int_t on_status(ngx_http_request_t* r) noexcept;
void describe_certificates(MainConf& main,
                           const std::set<std::size_t>& served);

// status_directives.cpp: acme_status, acme_api.
char* on_acme_status(ngx_conf_t*, ngx_command_t*, void*) noexcept;
char* on_acme_api(ngx_conf_t*, ngx_command_t*, void*) noexcept;

// api.cpp: acme_api.
ngx_int_t on_api(ngx_http_request_t* r) noexcept;

// restriction.cpp: finds out for each acme_api location whether it lets
// everybody in, and warns of those that do.
void find_restrictions(ngx_conf_t* cf, MainConf& main);
// Whether this request came through a restriction.
bool is_restricted(ngx_http_request_t* r, const LocationConf& location);

// variables.cpp
ngx_int_t add_variables(ngx_conf_t* cf);

// helper.cpp: the manager, in the helper process or, with master_process off,
// in the only one.
ngx_msec_t on_helper_tick(void* main) noexcept;
void start_helper(MainConf& main);

}  // namespace nginx
