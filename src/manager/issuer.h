// Issuer: one CA and our account there. Reads the directory, registers the
// account, and gives every signed request its nonce. Lives in the helper.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/codec.h"
#include "acme/objects.h"
#include "acme/persist.h"
#include "acme/session.h"
#include "base/result.h"
#include "http/client.h"
#include "manager/ports.h"
#include "manager/settings.h"
#include "store/records.h"

namespace manager {

class Issuer {
public:
    using Ready = std::function<void(base::Status)>;

    Issuer(const IssuerSettings& settings, const std::string& user_agent,
           Ports& ports);

    const IssuerSettings& settings() const { return settings_; }

    // Changes with the settings: what failed with others may work now.
    std::string fingerprint() const;

    // Directory and account at hand: calls back when so, at once when they
    // are. Callers that come while it is under way share one answer.
    void prepare(Ready ready);

    // It has been, since the process began.
    bool prepared() const
    {
        return directory_ && session_ && !session_->account().empty();
    }

    // After a successful prepare().
    const acme::Directory& directory() const { return *directory_; }
    base::Result<std::string> key_authorization(std::string_view token) const;
    acme::Registered account() const;

    struct Post {
        std::string url;
        std::string payload;  // empty: POST-as-GET
        std::string accept;
        std::size_t max_body = 64 * 1024;
        bool repeatable = true;  // as in http::Request
    };

    // Signs and sends; repeats after badNonce and, once, after the CA turned
    // out to have forgotten the account. Completes as http::Client does.
    void post(Post post, http::Completion completion);

    // A plain GET, with as many attempts as the client makes. After a
    // successful prepare().
    void get(const std::string& url, http::Completion completion);

    // How often an account has been registered by this process: orders of
    // before may be of an account that is no more.
    unsigned registrations() const { return registrations_; }

    // How many orders are at work: that many nonces are kept in circulation,
    // so that they do not wait for each other.
    void set_parallel(unsigned orders) { parallel_ = orders; }

private:
    using Answer = base::Result<http::Response>;

    struct Queued {
        Post post;
        http::Completion completion;
        bool registration = false;
        std::string account = {};  // that it was signed with
        unsigned bad_nonces = 0;
        bool registered_again = false;
    };

    base::Status load_account();
    base::Result<crypto::PrivateKey> account_key();
    base::Result<crypto::PrivateKey> new_account_key();
    void fetch_directory();
    void on_directory(base::Result<http::Response> result);
    void answer(const base::Status& status);

    // issuer_account.cpp
    void follow_external_account();
    void check_terms();
    void begin_registration();
    void on_looked_for(Answer result);
    void bind_account();
    void ask_for_credentials();
    void on_credentials(Answer result);
    void register_account(const acme::ExternalAccount* external);
    void send_registration(const acme::NewAccount& account,
                           void (Issuer::*then)(Answer));
    void on_account(Answer result);

    // issuer_upkeep.cpp
    void look_after_account();
    void on_contacts(const Answer& result);
    base::Status plan_key_change(const crypto::PrivateKey& key);
    void change_key();
    void begin_anew();
    void on_key_changed(const Answer& result);
    void on_looked_with_next_key(Answer result);
    void finish_key_change();
    void keep_key(const std::string& why);
    void examine_account(Queued queued, const http::Response& response);
    void replace_account(Queued queued);

    // issuer_requests.cpp
    void enqueue(Queued queued);
    void pump();
    bool may_send() const;
    Queued take_next();
    void fetch_nonce();
    void transmit(Queued queued);
    void on_answer(Queued queued, base::Result<http::Response> result);
    bool repeat_after(Queued& queued, const http::Response& response);
    void register_again(Queued queued);
    void register_for(Queued queued);

    const IssuerSettings& settings_;
    std::string user_agent_;
    Ports& ports_;
    std::unique_ptr<http::Client> client_;
    store::Account account_;
    std::optional<acme::Session> session_;
    std::optional<acme::Directory> directory_;
    base::Time directory_at_;
    std::vector<Ready> waiting_;
    std::deque<Queued> queue_;
    std::optional<Queued> registration_;  // before all that is in the queue
    unsigned in_flight_ = 0;
    unsigned nonce_fetches_ = 0;
    bool registering_ = false;
    base::Secret next_key_pem_;  // that the account is to have
    std::optional<acme::Session> former_;  // while that is tried
    std::string key_error_;                // why it is
    bool replaced_ = false;    // an account that was dead
    bool unheard_of_ = false;  // the account key, by any CA
    unsigned registrations_ = 0;
    unsigned parallel_ = 1;
};

}  // namespace manager
