// What is kept on disk besides bundles, as plain values, and its JSON form.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace store {

// An account at one CA. Its key is written before the CA hears of it, its
// URL as soon as the CA has given it.
struct Account {
    std::string directory;  // URL of the CA's directory
    std::string url;        // empty: not registered yet
    std::string thumbprint;  // of the key the URL belongs to
    base::Secret key_pem;   // empty: the key is the operator's own file
    std::string external_kid = {};  // of the external account it is bound to
    std::vector<std::string> contacts = {};  // as the CA has them
    // That it may have by now: whether the CA heard of it nobody knows.
    base::Secret next_key_pem = {};
};

// A certificate that is to be revoked once another one is served.
struct Revocation {
    std::string certificate;  // DER
    int reason = 0;
    std::string directory;  // of the CA that issued it
};

// The work on one certificate (or, for back-off only, on one issuer). It is
// there while an order is under way, after failures, and when something was
// learnt from them; none means "nothing pending, nothing wrong".
struct Job {
    std::string directory;  // the CA the order was placed at
    std::string names;      // what it was for: the names, or, for an issuer,
                            // a digest of its settings
    std::string settings = {};  // how it was asked for; empty: nobody knows
    std::string order_url;  // empty: no order
    base::Secret key_pem;   // the certificate's key to be
    unsigned failures = 0;  // in a row
    std::optional<base::Time> not_before;  // no attempt before this
    std::string last_error;
    std::optional<base::Time> last_error_at;
    // What the CA said, when the last error is about that.
    std::optional<base::Problem> last_problem = {};
    // The type of challenge to begin with; empty: the configuration's first.
    std::string challenge = {};
    // The operator has asked for a new certificate before the old one is due.
    bool renew = false;
    // The key before must not be used again.
    bool new_key = false;
    std::optional<Revocation> revocation = {};
};

// What a CA has suggested about the renewal of a certificate (RFC 9773).
struct Renewal {
    // The moment was chosen once, by chance, within the window: would each
    // restart choose another one, the earliest of them would win.
    struct Suggestion {
        base::Time start;
        base::Time end;
        base::Time at;
        std::string explanation_url;  // for people; may be empty
    };

    std::string certificate;  // as the CA calls it: acme::renewal_id()
    std::optional<Suggestion> suggestion = {};
    std::optional<base::Time> look_at = {};  // when to ask the CA again
};

// How it stands with one place that a certificate is given to (acme_deploy).
struct Deployment {
    std::string certificate;  // SHA-256 of the one it has; empty: none yet
    std::string memory;       // what the place wants to be told next time
    std::vector<std::string> events;  // to be told yet, beside the certificate
    std::map<std::string, base::Time> told;  // by event: when it was the last
    unsigned failures = 0;                   // in a row
    std::optional<base::Time> not_before = {};  // no attempt before this
    std::string last_error = {};
    std::optional<base::Time> last_error_at = {};
    std::optional<base::Time> done_at = {};  // the last success
};

base::Secret encode(const Account& account);
base::Secret encode(const Job& job);
base::Secret encode(const Renewal& renewal);
base::Secret encode(const Deployment& deployment);

// Errors are of kind storage. Unknown members are passed over.
base::Result<Account> decode_account(std::string_view text);
base::Result<Job> decode_job(std::string_view text);
base::Result<Renewal> decode_renewal(std::string_view text);
base::Result<Deployment> decode_deployment(std::string_view text);

// Whether a newer version of this module wrote the text. Then it is not
// damaged, though it cannot be used: after a downgrade that is undone again,
// the accounts must still be there.
bool is_of_newer_version(std::string_view text);

}  // namespace store
