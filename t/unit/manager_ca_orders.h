// CaOrders: what the CA of the manager's tests keeps of its orders (RFC 8555,
// section 7.1.3 on), and how it shows them. An order moves with the true time.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crypto_ca.h"
#include "manager_ca_manners.h"

namespace manager_test {

class CaOrders {
public:
    // Which authorization of which order.
    struct At {
        std::size_t order = 0;
        std::size_t authz = 0;
    };

    CaOrders(const std::string& base, const Loop& loop, const Board& board,
             const CaManners& manners)
        : base_(base), loop_(loop), board_(board), manners_(manners)
    {}

    http::Response place(const std::string& account, const Json& identifiers);
    bool belongs(const At& at, const std::string& account) const;
    http::Response show(std::size_t number) const;
    http::Response show_authz(const At& at) const;
    http::Response trigger(const At& at);
    http::Response deactivate(const At& at);
    http::Response finalize(std::size_t number, const std::string& csr);
    // The default chain, or the alternate number authz - 1.
    http::Response certificate(const At& at) const;

    http::Response ocsp(const std::string& request) const;

    // Names of each order, joined, in the order of arrival.
    std::vector<std::string> names() const;

private:
    struct Authz {
        base::Identifier name;
        std::optional<base::Time> triggered;
        bool proved = false;
        bool deactivated = false;
    };

    struct Order {
        std::string account;
        base::Time expires;
        base::Identifiers names;
        std::vector<Authz> authzs;
        std::optional<base::Time> finalized;
        std::vector<std::string> chains;
    };

    void certify(std::size_t number, const std::string& csr);
    std::string status_of(const Authz& authz) const;
    std::string status_of(const Order& order) const;
    Json show_order(std::size_t number) const;
    Json show_challenge(const At& at) const;
    std::string url(const char* resource, std::size_t number,
                    std::size_t authz = 0) const;
    static std::string token(const At& at);

    const std::string base_;
    const Loop& loop_;
    const Board& board_;
    const CaManners& manners_;
    crypto_test::Ca root_{"Root"};
    std::vector<Order> orders_;
};

}  // namespace manager_test
