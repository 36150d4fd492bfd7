// What a handshake gets. Workers only: each has its own parsed copies of the
// bundles in shared memory and renews them when their generation changed.
#pragma once

#include "nginx/ngx.h"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "crypto/bundle.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "shm/tables.h"

namespace nginx {

// Where to log what happens to a handshake.
ngx_log_t* log_of(SSL* ssl);

// Served before the first real certificate, never put into an SSL_CTX: what
// once lies in a key type's slot there cannot be taken out again.
struct Placeholder {
    std::optional<crypto::PrivateKey> key;
    std::optional<crypto::Certificate> certificate;
};

// One managed certificate as this worker knows it; shared by all servers that
// serve it.
class ServedCertificate {
public:
    explicit ServedCertificate(std::string id) : id_(std::move(id)) {}

    // Looks whether there is a newer one: one comparison when nothing changed
    // in the whole zone. A bundle that cannot be used leaves the old one.
    void refresh(shm::Tables& tables, ngx_log_t* log);

    const std::string& id() const { return id_; }
    bool loaded() const { return bundle_.has_value(); }
    bool expired(base::Time now) const { return now >= not_after_; }
    // Changes with the certificate.
    std::uint64_t version() const { return version_; }
    // A bit for its type of key: OpenSSL keeps one certificate of each.
    unsigned slot() const { return crypto::is_rsa(bundle_->key.type()) ? 2 : 1; }

    // The OCSP response to staple to it; empty when there is none that holds.
    std::string_view staple(base::Time now) const;

    // Whether the connection shows it.
    bool is_used_by(SSL* ssl) const;

    // Installs it into either; false when OpenSSL does not take it, with the
    // reason in its queue.
    bool install(SSL_CTX* context) const;
    bool install(SSL* ssl) const;

private:
    void load(const base::Secret& bytes, ngx_log_t* log);

    std::string id_;
    std::uint64_t seen_ = 0;     // the map's generation at the last look
    std::uint64_t version_ = 0;  // the generation of what is loaded
    std::optional<crypto::Bundle> bundle_;
    crypto::UniqueChain chain_;  // without the leaf
    base::Time not_after_;
    std::uint64_t staple_version_ = 0;
    std::optional<manager::Staple> staple_;
    bool staple_fits_ = false;  // it is of this certificate
};

// A server block that serves managed certificates.
class TlsServer {
public:
    struct Environment {
        std::unique_ptr<shm::Tables>& tables;
        // Null: with nothing to show, the handshake is refused.
        const Placeholder* placeholder;
    };

    TlsServer(Environment environment, bool has_static)
        : environment_(environment), has_static_(has_static)
    {}

    void add(ServedCertificate& certificate, const base::Identifiers& names);

    // The other is of another type of key, and served beside the one, which was
    // added: a client gets the one that it can do with.
    void pair(const ServedCertificate& one, ServedCertificate& other);

    // From now on handshakes of this context come here.
    void attach(SSL_CTX* context);

    // The certificate that this connection's name leads to; null for none.
    const std::string* id_for(SSL* ssl);

private:
    using Version = std::pair<std::uint64_t, std::uint64_t>;

    // A certificate in this server, or a pair of them; null: there is no
    // second one.
    struct Entry {
        std::array<ServedCertificate*, 2> certificates;
        Version tried{};      // what was tried here
        bool usable = false;  // and whether OpenSSL took it

        void refresh(shm::Tables& tables, ngx_log_t* log);
        bool loaded() const;
        const ServedCertificate* used_by(SSL* ssl) const;
    };

    // What of an entry is shown; null: not that.
    struct Shown {
        std::array<const ServedCertificate*, 2> certificates{};

        bool empty() const { return !certificates[0] && !certificates[1]; }
        Version version() const;
        unsigned slots() const;
        // Null when OpenSSL takes it all, else what it does not take.
        template <typename Target>
        const ServedCertificate* install(Target* target) const;
    };

    static int on_certificate(SSL* ssl, void* self) noexcept;
    static int on_status(SSL* ssl, void* self) noexcept;
    int give_status(SSL* ssl);

    bool choose(SSL* ssl);
    Shown shown_of(const Entry& entry) const;
    bool count(status::Counted what);
    Entry& wanted_by(SSL* ssl);
    const std::vector<Entry*>* entries_for(const std::string& name) const;
    std::string name_asked_by(SSL* ssl) const;
    Entry& best_of(const std::vector<Entry*>& entries, ngx_log_t* log);
    bool usable(SSL* ssl, Entry& entry, const Shown& shown);
    bool install(SSL* ssl, Entry& entry, const Shown& shown);
    bool install_only_one(SSL* ssl, Entry& entry, const Shown& shown);
    bool fall_back(SSL* ssl);
    bool install_placeholder(SSL* ssl);

    Environment environment_;
    bool has_static_;
    std::deque<Entry> entries_;
    std::map<std::string, std::vector<Entry*>> by_name_;
    bool has_address_ = false;  // a certificate for an IP address
    SSL_CTX* context_ = nullptr;
    // nginx's own stapling, of static certificates.
    int (*nginx_status_)(SSL*, void*) = nullptr;
    void* nginx_status_data_ = nullptr;
    Version installed_{};          // of what is in the context
    Version rejected_{};           // that the context did not take
    unsigned installed_slots_ = 0;  // of what is there
};

}  // namespace nginx
