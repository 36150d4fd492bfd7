#include "nginx/tls.h"

#include <algorithm>

#include "crypto/error.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"

namespace nginx {

namespace {

base::Time now()
{
    return base::Time(std::chrono::seconds(ngx_time()));
}

// In the form of an Identifier; empty when there is none.
std::string local_address(SSL* ssl)
{
    auto* c = static_cast<ngx_connection_t*>(ngx_ssl_get_connection(ssl));
    if (c == nullptr || ngx_connection_local_sockaddr(c, nullptr, 0) != NGX_OK)
    {
        return {};
    }
    const void* address = nullptr;
    switch (c->local_sockaddr->sa_family) {
    case AF_INET:
        address = &reinterpret_cast<sockaddr_in*>(c->local_sockaddr)->sin_addr;
        break;
    case AF_INET6:
        address =
            &reinterpret_cast<sockaddr_in6*>(c->local_sockaddr)->sin6_addr;
        break;
    default:
        return {};
    }
    char text[INET6_ADDRSTRLEN];
    const char* written = inet_ntop(c->local_sockaddr->sa_family, address,
                                    text, sizeof(text));
    return written == nullptr ? std::string() : written;
}

// "*.pium.life" for "www.pium.life": of one label, as RFC 6125 has it.
std::string wildcard_over(const std::string& name)
{
    const auto dot = name.find('.');
    return dot == std::string::npos ? std::string() : "*" + name.substr(dot);
}

crypto::UniqueChain without_leaf(const crypto::Chain& chain)
{
    crypto::UniqueChain stack(sk_X509_new_null());
    for (std::size_t i = 1; stack && i < chain.size(); i++) {
        X509* x509 = &chain[i].native();
        if (!sk_X509_push(stack.get(), x509)) {
            return nullptr;
        }
        X509_up_ref(x509);
    }
    return stack;
}

// What was served before goes on being served; said once a version.
void log_unusable(SSL* ssl, const ServedCertificate& certificate)
{
    ngx_log_error(NGX_LOG_CRIT, log_of(ssl), 0,
                  "acme: %s; the new certificate cannot be served, "
                  "certificate \"%s\"",
                  crypto::openssl_error("OpenSSL does not take it here")
                      .message.c_str(),
                  certificate.id().c_str());
}

}  // namespace

ngx_log_t* log_of(SSL* ssl)
{
    auto* connection =
        static_cast<ngx_connection_t*>(ngx_ssl_get_connection(ssl));
    return connection ? connection->log : ngx_cycle->log;
}

// --- one certificate -------------------------------------------------------

void ServedCertificate::refresh(shm::Tables& tables, ngx_log_t* log)
{
    const auto generation = tables.certificates().generation();
    if (generation == seen_) {
        return;
    }
    seen_ = generation;
    auto newer = tables.certificates().get_newer(id_, version_);
    if (newer) {
        version_ = newer->generation;
        load(newer->bytes, log);
    }
    auto staple = tables.newer_staple(id_, staple_version_);
    if (staple) {
        staple_version_ = staple->second;
        staple_ = std::move(staple->first);
    }
    if ((newer || staple) && staple_ && loaded()) {
        staple_fits_ =
            staple_->fingerprint == bundle_->chain.front().fingerprint();
    }
}

std::string_view ServedCertificate::staple(base::Time now) const
{
    const bool good = staple_fits_ && now < staple_->holds_until;
    return good ? std::string_view(staple_->response) : std::string_view();
}

void ServedCertificate::load(const base::Secret& bytes, ngx_log_t* log)
{
    auto bundle = crypto::parse_bundle(bytes.reveal());
    if (!bundle) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "acme: the bundle in shared memory cannot be used, %s: "
                      "%s, certificate \"%s\"",
                      bundle.error().message.c_str(),
                      loaded() ? "the one before is served on"
                               : "waiting for a new one",
                      id_.c_str());
        return;
    }
    auto chain = without_leaf(bundle->chain);
    if (!chain) {
        return;
    }
    not_after_ = bundle->chain.front().not_after();
    bundle_ = std::move(*bundle);
    chain_ = std::move(chain);
}

bool ServedCertificate::install(SSL_CTX* context) const
{
    return SSL_CTX_use_cert_and_key(context, &bundle_->chain.front().native(),
                                    &bundle_->key.native(), chain_.get(), 1)
        == 1;
}

bool ServedCertificate::is_used_by(SSL* ssl) const
{
    return loaded()
        && SSL_get_certificate(ssl) == &bundle_->chain.front().native();
}

bool ServedCertificate::install(SSL* ssl) const
{
    return SSL_use_cert_and_key(ssl, &bundle_->chain.front().native(),
                                &bundle_->key.native(), chain_.get(), 1)
        == 1;
}

// --- one server ------------------------------------------------------------

void TlsServer::add(ServedCertificate& certificate,
                    const base::Identifiers& names)
{
    entries_.push_back(Entry{{&certificate, nullptr}});
    auto& entry = entries_.back();
    for (const auto& name : names) {
        by_name_[name.value].push_back(&entry);
        has_address_ |= name.type == base::Identifier::Type::ip;
    }
}

void TlsServer::pair(const ServedCertificate& one, ServedCertificate& other)
{
    for (auto& entry : entries_) {
        if (entry.certificates[0] == &one) {
            entry.certificates[1] = &other;
        }
    }
}

void TlsServer::Entry::refresh(shm::Tables& tables, ngx_log_t* log)
{
    for (auto* certificate : certificates) {
        if (certificate != nullptr) {
            certificate->refresh(tables, log);
        }
    }
}

bool TlsServer::Entry::loaded() const
{
    return std::ranges::any_of(certificates, [](const auto* certificate) {
        return certificate != nullptr && certificate->loaded();
    });
}

const ServedCertificate* TlsServer::Entry::used_by(SSL* ssl) const
{
    for (const auto* certificate : certificates) {
        if (certificate != nullptr && certificate->is_used_by(ssl)) {
            return certificate;
        }
    }
    return nullptr;
}

TlsServer::Version TlsServer::Shown::version() const
{
    const auto of = [](const auto* certificate) {
        return certificate == nullptr ? 0 : certificate->version();
    };
    return {of(certificates[0]), of(certificates[1])};
}

unsigned TlsServer::Shown::slots() const
{
    unsigned slots = 0;
    for (const auto* certificate : certificates) {
        slots |= certificate == nullptr ? 0 : certificate->slot();
    }
    return slots;
}

template <typename Target>
const ServedCertificate* TlsServer::Shown::install(Target* target) const
{
    for (const auto* certificate : certificates) {
        if (certificate != nullptr && !certificate->install(target)) {
            return certificate;
        }
    }
    return nullptr;
}

void TlsServer::attach(SSL_CTX* context)
{
    // A name's own certificate comes first, one of a wildcard over it is better
    // than none.
    for (auto& [name, entries] : by_name_) {
        const auto over = by_name_.find(wildcard_over(name));
        if (over != by_name_.end() && over->first != name) {
            entries.insert(entries.end(), over->second.begin(),
                           over->second.end());
        }
    }
    context_ = context;
    SSL_CTX_set_cert_cb(context, on_certificate, this);
    SSL_CTX_get_tlsext_status_cb(context, &nginx_status_);
    SSL_CTX_get_tlsext_status_arg(context, &nginx_status_data_);
    SSL_CTX_set_tlsext_status_cb(context, on_status);
    SSL_CTX_set_tlsext_status_arg(context, this);
}

int TlsServer::on_certificate(SSL* ssl, void* self) noexcept
{
    // 0 ends this handshake with an alert; nothing else is safe here.
    return guarded(log_of(ssl), 0, [ssl, self] {
        return static_cast<TlsServer*>(self)->choose(ssl) ? 1 : 0;
    });
}

// Called after the certificate was chosen, when the client wants a staple.
int TlsServer::on_status(SSL* ssl, void* self) noexcept
{
    return guarded(log_of(ssl), int(SSL_TLSEXT_ERR_NOACK), [ssl, self] {
        return static_cast<TlsServer*>(self)->give_status(ssl);
    });
}

int TlsServer::give_status(SSL* ssl)
{
    const auto* used = wanted_by(ssl).used_by(ssl);
    if (used == nullptr) {
        return nginx_status_ == nullptr
            ? int(SSL_TLSEXT_ERR_NOACK)
            : nginx_status_(ssl, nginx_status_data_);
    }
    const auto staple = used->staple(now());
    auto* copy = staple.empty() ? nullptr
                                : OPENSSL_memdup(staple.data(), staple.size());
    if (copy == nullptr) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, long(staple.size()));
    return SSL_TLSEXT_ERR_OK;
}

// A valid managed certificate, else a static one, else the newest expired one,
// else the placeholder.
bool TlsServer::choose(SSL* ssl)
{
    auto& entry = wanted_by(ssl);
    const auto shown = shown_of(entry);
    if (shown.empty()) {
        return fall_back(ssl);
    }
    const bool only_one = entries_.size() == 1 && !has_static_;
    const bool installed = only_one ? install_only_one(ssl, entry, shown)
                                    : install(ssl, entry, shown);
    return installed ? count(status::Counted::managed) : fall_back(ssl);
}

// What has expired only where there is nothing better.
TlsServer::Shown TlsServer::shown_of(const Entry& entry) const
{
    Shown valid;
    Shown any;
    for (std::size_t i = 0; i < entry.certificates.size(); i++) {
        const auto* certificate = entry.certificates[i];
        if (certificate == nullptr || !certificate->loaded()) {
            continue;
        }
        any.certificates[i] = certificate;
        if (!certificate->expired(now())) {
            valid.certificates[i] = certificate;
        }
    }
    return !valid.empty() || has_static_ ? valid : any;
}

bool TlsServer::count(status::Counted what)
{
    environment_.tables->count(what);
    return true;
}

const std::string* TlsServer::id_for(SSL* ssl)
{
    if (entries_.empty()) {
        return nullptr;
    }
    const auto& entry = wanted_by(ssl);
    const auto* used = entry.used_by(ssl);
    return used ? &used->id() : &entry.certificates[0]->id();
}

// Several in one block: the one for the name asked, else the first.
TlsServer::Entry& TlsServer::wanted_by(SSL* ssl)
{
    auto* log = log_of(ssl);
    if (entries_.size() > 1) {
        if (const auto* entries = entries_for(name_asked_by(ssl))) {
            return best_of(*entries, log);
        }
    }
    entries_.front().refresh(*environment_.tables, log);
    return entries_.front();
}

// Null when no certificate here is for the name.
const std::vector<TlsServer::Entry*>* TlsServer::entries_for(
    const std::string& name) const
{
    auto found = by_name_.find(name);
    if (found == by_name_.end()) {
        found = by_name_.find(wildcard_over(name));
    }
    return found == by_name_.end() ? nullptr : &found->second;
}

// Who asks for no name came by address (RFC 8738: no SNI then).
std::string TlsServer::name_asked_by(SSL* ssl) const
{
    const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (asked == nullptr) {
        return has_address_ ? local_address(ssl) : std::string();
    }
    std::string name = base::to_lower(asked);
    if (name.ends_with('.')) {
        name.pop_back();
    }
    return name;
}

// Of several certificates with the name the first that is good.
TlsServer::Entry& TlsServer::best_of(const std::vector<Entry*>& entries,
                                     ngx_log_t* log)
{
    Entry* best = entries.front();
    for (auto* entry : entries) {
        entry->refresh(*environment_.tables, log);
        const bool good = std::ranges::any_of(
            entry->certificates, [](const auto* certificate) {
                return certificate != nullptr && certificate->loaded()
                    && !certificate->expired(now());
            });
        if (good) {
            return *entry;
        }
        if (!best->loaded()) {
            best = entry;
        }
    }
    return *best;
}

// Tried once a version on a living connection, before anything is taken away.
bool TlsServer::usable(SSL* ssl, Entry& entry, const Shown& shown)
{
    if (entry.tried != shown.version()) {
        entry.tried = shown.version();
        const auto* refused = shown.install(ssl);
        entry.usable = refused == nullptr;
        if (!entry.usable) {
            log_unusable(ssl, *refused);
        }
    }
    return entry.usable;
}

bool TlsServer::install(SSL* ssl, Entry& entry, const Shown& shown)
{
    if (!usable(ssl, entry, shown)) {
        return false;
    }
    // What the context holds may be of another key type: it would go on being
    // offered beside this one.
    SSL_certs_clear(ssl);
    return shown.install(ssl) == nullptr;
}

// The usual case costs what a static certificate costs: the certificate lies
// in the server's own context, where each new connection finds it.
bool TlsServer::install_only_one(SSL* ssl, Entry& entry, const Shown& shown)
{
    const auto version = shown.version();
    // What once lies in a key type's slot there cannot be taken out again.
    if ((installed_slots_ & ~shown.slots()) != 0) {
        return install(ssl, entry, shown);
    }
    if (rejected_ == version) {
        return false;
    }
    const bool swapped = installed_ != version;
    if (swapped) {
        if (const auto* refused = shown.install(context_)) {
            rejected_ = version;
            log_unusable(ssl, *refused);
            return false;
        }
    }
    installed_ = version;
    installed_slots_ = shown.slots();
    // A connection that began before the swap has a copy of what was there
    // then: nothing, before the first one.
    if (swapped || SSL_get_certificate(ssl) == nullptr) {
        return shown.install(ssl) == nullptr;
    }
    return true;
}

// What the context holds, the static certificate or an earlier managed one,
// else the placeholder, if there is to be one.
bool TlsServer::fall_back(SSL* ssl)
{
    if (has_static_) {
        return count(status::Counted::static_file);
    }
    if (SSL_get_certificate(ssl) != nullptr) {
        return count(status::Counted::managed);
    }
    return install_placeholder(ssl) && count(status::Counted::placeholder);
}

bool TlsServer::install_placeholder(SSL* ssl)
{
    const auto* placeholder = environment_.placeholder;
    if (placeholder == nullptr || !placeholder->certificate) {
        return false;
    }
    return SSL_use_cert_and_key(ssl, &placeholder->certificate->native(),
                                &placeholder->key->native(), nullptr, 1)
        == 1;
}

}  // namespace nginx
