#include "nginx/tls.h"

#include "nginx/conf.h"
#include "nginx/guarded.h"

namespace nginx {

namespace {

base::Time now()
{
    return base::Time(std::chrono::seconds(ngx_time()));
}

ngx_log_t* log_of(SSL* ssl)
{
    auto* connection =
        static_cast<ngx_connection_t*>(ngx_ssl_get_connection(ssl));
    return connection ? connection->log : ngx_cycle->log;
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

}  // namespace

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
    certificates_.push_back(&certificate);
    for (const auto& name : names) {
        by_name_.emplace(name.value, &certificate);
    }
}

void TlsServer::attach(SSL_CTX* context)
{
    context_ = context;
    SSL_CTX_set_cert_cb(context, on_certificate, this);
}

int TlsServer::on_certificate(SSL* ssl, void* self) noexcept
{
    // 0 ends this handshake with an alert; nothing else is safe here.
    return guarded(log_of(ssl), 0, [ssl, self] {
        return static_cast<TlsServer*>(self)->choose(ssl);
    });
}

int TlsServer::choose(SSL* ssl)
{
    auto& certificate = wanted_by(ssl);
    certificate.refresh(*environment_.tables, log_of(ssl));
    // A valid managed certificate, else a static one, else the newest
    // expired one, else the placeholder.
    if (has_static_ && (!certificate.loaded() || certificate.expired(now()))) {
        return 1;
    }
    if (!certificate.loaded()) {
        return install_placeholder(ssl);
    }
    if (certificates_.size() == 1 && !has_static_) {
        return install_only_one(ssl, certificate);
    }
    return install(ssl, certificate);
}

// Several in one block: the one for the name asked, else the first.
ServedCertificate& TlsServer::wanted_by(SSL* ssl)
{
    if (certificates_.size() == 1) {
        return *certificates_.front();
    }
    const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (asked == nullptr) {
        return *certificates_.front();
    }
    std::string name = base::to_lower(asked);
    if (name.ends_with('.')) {
        name.pop_back();
    }
    const auto found = by_name_.find(name);
    return found != by_name_.end() ? *found->second : *certificates_.front();
}

bool TlsServer::install(SSL* ssl, const ServedCertificate& certificate)
{
    // What the context holds may be of another key type: it would go on being
    // offered beside this one.
    SSL_certs_clear(ssl);
    return certificate.install(ssl);
}

// The usual case costs what a static certificate costs: the certificate lies
// in the server's own context, where each new connection finds it.
bool TlsServer::install_only_one(SSL* ssl,
                                 const ServedCertificate& certificate)
{
    const bool other_slot =
        installed_slot_ != 0 && installed_slot_ != certificate.slot();
    if (other_slot) {
        return install(ssl, certificate);
    }
    const bool swapped = installed_ != certificate.version();
    if (swapped) {
        if (!certificate.install(context_)) {
            return false;
        }
        installed_ = certificate.version();
        installed_slot_ = certificate.slot();
    }
    // A connection that began before the swap has a copy of what was there
    // then: nothing, before the first one.
    if (swapped || SSL_get_certificate(ssl) == nullptr) {
        return certificate.install(ssl);
    }
    return true;
}

bool TlsServer::install_placeholder(SSL* ssl)
{
    const auto& placeholder = environment_.placeholder;
    if (!placeholder.certificate) {
        return false;
    }
    return SSL_use_cert_and_key(ssl, &placeholder.certificate->native(),
                                &placeholder.key->native(), nullptr, 1)
        == 1;
}

}  // namespace nginx
