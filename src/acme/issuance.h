// Issuance: one order from newOrder to the certificate, as a state machine
// that does no I/O and reads no clock (RFC 8555, section 7.4). It is told what
// happened and answers with what to do next; a test is a table of both.
//
// The caller performs every Action of an answer in its order, and reports each
// outcome once, by the Exchange it belongs to, in any order. Nothing more may
// be reported after Issued or Failed; what is still under way is dropped then.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/actions.h"
#include "acme/codec.h"
#include "acme/objects.h"
#include "acme/pace.h"
#include "base/identifier.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"

namespace acme {

struct IssuanceSettings {
    // What to order. The CA may refuse `profile`, if it need not be, and
    // `replaces`: then it is ordered without.
    NewOrder order;
    bool profile_required = false;
    std::string csr;            // DER, for exactly the order's identifiers
    std::string new_order_url;  // from the directory
    std::string order_url;      // resume this order; empty: place a new one
    // Allowed challenge types, the preferred one first.
    std::vector<std::string> challenge_types;
    // Download the alternate chains, too (section 7.4.2).
    bool all_chains = false;
};

class Validation;

class Issuance {
public:
    explicit Issuance(IssuanceSettings settings);
    ~Issuance();
    Issuance(Issuance&&) noexcept;
    Issuance& operator=(Issuance&&) noexcept;

    [[nodiscard]] Actions start();
    [[nodiscard]] Actions on_response(Exchange exchange,
                                      const http::Response& response,
                                      base::Time now);
    // No answer came (refused, reset, timed out).
    [[nodiscard]] Actions on_failure(Exchange exchange, base::Error error,
                                     base::Time now);
    [[nodiscard]] Actions on_elapsed(Exchange exchange);
    [[nodiscard]] Actions on_presented(Exchange exchange,
                                       base::Status status);

    // What it is at, for people: "validating 2 of 3 names", "finalizing
    // order".
    std::string activity() const;

private:
    // What the order's own exchange is about.
    enum class Stage {
        placing, resuming, validating, finalizing, polling, downloading,
        finished
    };
    // What is still to be reported of an exchange.
    enum class Awaited { answer, delay, presentation };
    using Delay = std::optional<base::Duration>;

    // issuance.cpp: from reports to actions.
    bool take(const Exchange& exchange, Awaited awaited);
    Actions flush();
    void expect_report_of(const Action& action);
    void on_order_response(const http::Response& response, base::Time now);
    void on_order_failure(base::Error error, base::Time now);
    void on_order_elapsed();
    void follow(const Validation& validation, Actions actions);
    void send(const std::string& url, std::string payload,
              bool repeatable = true);
    void wait(base::Duration delay, bool in_trouble = false);
    void repeat(base::Error error, Delay delay);
    void fail(base::Error error, bool order_usable = false);
    void finish(Failed failed);

    // issuance_steps.cpp: from newOrder to valid authorizations (RFC 8555,
    // section 7.1.6).
    void place();
    bool place_with_less(const http::Response& response, base::Time now);
    void replace();
    void on_placed(const http::Response& response, base::Time now);
    void on_resumed(const http::Response& response, base::Time now);
    bool is_ours(const Order& order) const;
    void enter(const Order& order, const http::Response& response,
               base::Time now);
    void validate(const Order& order);

    // issuance_finalize.cpp: from there to the certificate.
    void finalize();
    void on_finalized(const http::Response& response, base::Time now);
    void on_refused_finalize(const http::Response& response, base::Time now);
    void on_lost_finalize(base::Error error, Delay delay);
    void on_polled(const http::Response& response, base::Time now);
    void proceed(const Order& order, const http::Response& response,
                 base::Time now);
    void look_later(const http::Response& response, base::Time now);
    void look_at_stuck(const http::Response& response, base::Time now);
    void download();
    void on_downloaded(const http::Response& response, base::Time now);
    void on_no_alternate(const base::Error& error);
    void download_next();

    // On the heap: Validations refer to it, and an Issuance can be moved.
    std::unique_ptr<const IssuanceSettings> settings_;
    NewOrder order_;  // as it is asked for
    Stage stage_;
    std::string order_url_;
    std::string finalize_url_;
    std::string certificate_url_;
    std::vector<std::string> chains_;      // as downloaded
    std::vector<std::string> alternates_;  // URLs, to be downloaded yet
    base::Time deadline_;  // known once there is an order
    bool ends_ = false;    // the order has an "expires"
    std::vector<Validation> validations_;
    std::map<Exchange, Awaited> awaited_;
    Actions actions_;  // of the report being handled
    Pace pace_;
    Pace finalize_pace_;  // counts over the looks in between
    unsigned finalizes_ = 0;
    unsigned stuck_looks_ = 0;
    std::optional<base::Error> finalize_error_;
};

}  // namespace acme
