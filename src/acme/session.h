// Session: one account key talking to one CA. It signs requests and keeps the
// nonces (RFC 8555, sections 6.2 to 6.5); it sends nothing itself. Lives in
// the helper process.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "acme/external_account.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/key.h"
#include "http/message.h"

namespace acme {

class Session {
public:
    // `user_agent` goes into every request (section 6.1).
    Session(crypto::PrivateKey key, std::string user_agent);

    // The account URL; until it is set requests carry the public key itself.
    void set_account(std::string url) { account_url_ = std::move(url); }
    const std::string& account() const { return account_url_; }

    // "key authorization" of a challenge token (section 8.1).
    base::Result<std::string> key_authorization(std::string_view token) const;

    // That this account key is to be bound to the external account: a member
    // of newAccount, whose URL is `url`.
    base::Result<std::string> bind(const ExternalAccount& external,
                                   const std::string& url) const;

    // That the account is to have another key from now on: the body of a
    // request to the directory's keyChange, `url` (section 7.3.5).
    base::Result<std::string> change_key(const crypto::PrivateKey& next,
                                         const std::string& url) const;

    // A plain GET or HEAD with the headers every request has.
    http::Request plain(http::Request::Method method, std::string url) const;

    // A signed POST; spends one nonce, of which there must be one. An empty
    // payload is POST-as-GET. `accept` may be empty.
    base::Result<http::Request> post(const std::string& url,
                                     std::string_view payload,
                                     const std::string& accept,
                                     base::Time now);

    // Takes the nonce out of any response; one that is no base64url is
    // ignored (section 6.5.1). The nonce of a badNonce error goes to the
    // front, since the retry must use it (section 6.5).
    void observe(const http::Response& response, base::Time now);

    // Nonces at hand; old ones are dropped first.
    std::size_t nonces(base::Time now);

private:
    struct Nonce {
        std::string value;
        base::Time seen;
    };

    crypto::PrivateKey key_;
    std::string user_agent_;
    std::string account_url_;
    std::deque<Nonce> nonces_;
};

}  // namespace acme
