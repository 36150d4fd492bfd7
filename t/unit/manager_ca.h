// AcmeCa: a certificate authority in memory (RFC 8555), as far as the manager
// can tell one. It counts what it is asked, and does wrong what it is told.
#pragma once

#include <algorithm>
#include <cstdio>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/base64url.h"
#include "manager_ca_orders.h"

namespace manager_test {

using Answer = base::Result<http::Response>;

inline base::Error no_connection()
{
    return {base::ErrorKind::network, "connection refused"};
}

class AcmeCa : public CaManners {
public:
    AcmeCa(std::string base, const Loop& loop, const Board& board)
        : base_(std::move(base)), orders_(base_, loop, board, *this)
    {}

    std::string directory() const { return base_ + "directory"; }

    bool down = false;
    // What was asked, by resource: "newOrder", "authz", "deactivate" ...
    std::vector<std::string> requests;
    struct Revocation {
        std::string der;
        int reason;
    };
    std::vector<Revocation> revoked;

    std::size_t count(std::string_view resource) const;
    std::vector<std::string> ordered() const { return orders_.names(); }

    // The next `times` requests of that resource are answered like this, and
    // not carried out.
    void fault(const std::string& resource, unsigned times, Answer answer);

    // The next request of that resource is carried out, its answer gets lost.
    void lose_answer_to(const std::string& resource) { lost_ = resource; }

    // No fault any more.
    void heal() { faults_.clear(); }

    // Accounts by URL that may do nothing any more.
    std::set<std::string> deactivated;
    bool changes_keys = true;
    // Contacts that accounts were given later, joined.
    std::vector<std::string> contacts;

    // What newOrder asked for beside the names, in the order of arrival.
    std::vector<std::string> replaced;
    std::vector<std::string> profiles;
    // Ids of the certificates that were asked about.
    std::vector<std::string> asked_about;

    // What the service that gives credentials was asked.
    std::vector<std::string> asked_for_credentials;

    // How many have ever been made.
    unsigned accounts() const { return registered_; }
    void forget_accounts() { accounts_.clear(); }

    Answer handle(const http::Request& request);

private:
    struct Call {
        std::string resource;
        CaOrders::At at;
        Json header;
        Json payload;  // null: POST-as-GET, or no POST at all
    };

    struct Fault {
        std::string resource;
        unsigned times;
        Answer answer;
    };

    Call read(const http::Request& request) const;
    static std::string member(const Json& object, const char* name);
    std::optional<Answer> planned_for(const std::string& resource);
    std::string new_nonce();
    http::Response respond(const Call& call);
    http::Response show_directory() const;
    http::Response register_account(const Call& call);
    bool is_bound(const Call& call);
    http::Response take_order(const Call& call, const std::string& account);
    http::Response show_renewal_info() const;
    http::Response change_key(const Call& call, const std::string& account);
    http::Response show_account(const Call& call, const std::string& account);
    http::Response give_credentials(const http::Request& request);
    http::Response respond_to_account(const Call& call);
    http::Response respond_to_owner(const Call& call);

    std::string base_;
    CaOrders orders_;
    std::list<Fault> faults_;
    std::string lost_;
    std::set<std::string> nonces_;
    unsigned nonces_made_ = 0;
    std::map<std::string, std::string> accounts_;  // key to URL
    unsigned registered_ = 0;
};

}  // namespace manager_test
