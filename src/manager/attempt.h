// Attempt: one try to obtain one certificate: key, order, validation, checks.
// It performs what acme::Issuance asks for and judges what comes back. Lives
// in the helper.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "acme/issuance.h"
#include "base/result.h"
#include "crypto/bundle.h"
#include "manager/issuer.h"
#include "manager/ports.h"
#include "manager/preflight.h"
#include "manager/settings.h"
#include "store/records.h"

namespace manager {

class Attempt {
public:
    struct Issued {
        base::Secret bundle;  // as it is to be stored and served
        crypto::Chain chain;
    };
    struct Outcome {
        base::Result<Issued> result;
        // On failure: the order in the job may be finished later.
        bool order_usable = false;
        // On failure: the type of the challenge that did.
        std::string challenge = {};
    };
    using Done = std::function<void(Outcome)>;
    using Parked = std::function<void()>;

    // `job` is the certificate's: the attempt fills in key and order and
    // saves it. `replaces` is how the issuer's CA calls the certificate before
    // (acme::renewal_id); empty: there is none. Everything else that is given
    // outlives the attempt.
    Attempt(const CertificateSettings& settings, Issuer& issuer,
            store::Job& job, Ports& ports, std::string replaces = {});

    // Calls `done` once, from the event loop; the attempt may be destroyed
    // when it is idle() after that. Calls `on_parked` whenever it has come to
    // be parked().
    void start(Done done, Parked on_parked);

    // Nothing under way that would still call back.
    bool idle() const { return outstanding_ == 0; }

    // Waiting for a CA that takes its time: it should hold no slot.
    bool parked() const { return parked_ > 0 && outstanding_ == parked_; }

    std::string activity() const;

private:
    using Key = std::pair<acme::Exchange::Subject, std::size_t>;

    // attempt_start.cpp: what an order is begun with.
    void look_ahead();
    void on_looked_ahead(const Preflight::Findings& findings);
    void begin();
    base::Status make_issuance();
    base::Status choose_profile(acme::IssuanceSettings& order);
    base::Status load_or_make_key();
    base::Result<crypto::PrivateKey> make_key() const;
    base::Status check_provable() const;

    // attempt.cpp
    void perform(acme::Actions actions);
    void act(acme::Send& send);
    void act(acme::Wait& wait);
    void act(acme::Present& present);
    void act(acme::Withdraw& withdraw);
    void act(acme::Remember& remember);
    void act(acme::Forget& forget);
    void act(acme::Discard& discard);
    void act(acme::Warn& warn);
    void act(acme::Issued& issued);
    void act(acme::Failed& failed);
    bool is_long(const acme::Wait& wait);
    void keep_wait(base::Duration delay);
    void log(base::LogLevel level, const std::string& what);
    void on_elapsed(acme::Exchange exchange, bool parked);
    base::Result<Issued> judge(const acme::Issued& issued);
    base::Result<crypto::Chain> check(const std::string& pem) const;
    crypto::Chain choose_chain(crypto::Chain first,
                               const std::vector<std::string>& all);
    void finish(Outcome outcome);
    bool is_one_of_two(const base::Identifier& identifier) const;
    base::Result<challenge::Proof> proof_of(const acme::Present& present) const;
    void on_presented(const acme::Present& present, base::Status status);

    const CertificateSettings& settings_;
    Issuer& issuer_;
    store::Job& job_;
    Ports& ports_;
    const std::string replaces_;
    // Of the issuer when the order came into being, or was found.
    std::optional<unsigned> registrations_;
    Done done_;
    Parked on_parked_;
    std::optional<crypto::PrivateKey> key_;
    std::optional<acme::Issuance> issuance_;
    std::deque<acme::Action> actions_;
    bool performing_ = false;
    bool finished_ = false;
    std::map<Key, std::unique_ptr<base::Timer>> timers_;
    std::unique_ptr<base::Timer> start_;
    std::optional<Preflight> preflight_;
    std::optional<base::Time> waits_since_;
    unsigned outstanding_ = 0;  // callbacks to come
    unsigned parked_ = 0;       // of these, timers for a long wait
};

}  // namespace manager
