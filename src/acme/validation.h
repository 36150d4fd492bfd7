// Validation: one authorization, from the first look at it until it is valid
// or not (RFC 8555, section 7.5.1): choose a challenge, have its answer
// presented, tell the CA, look until it has decided. A part of Issuance, which
// hands it the reports on its exchange.
#pragma once

#include <optional>
#include <string>

#include "acme/issuance.h"
#include "acme/pace.h"

namespace acme {

class Validation {
public:
    // `settings` must outlive this; after `deadline` it waits no longer, but
    // says whether the order may be looked at again later.
    Validation(std::size_t index, std::string url,
               const IssuanceSettings& settings, base::Time deadline,
               bool order_ends);

    Actions start();
    Actions on_response(const http::Response& response, base::Time now);
    Actions on_failure(base::Error error, base::Time now);
    Actions on_elapsed();
    Actions on_presented(base::Status status);

    bool valid() const { return state_ == State::valid; }
    // What has gone wrong, if anything.
    const std::optional<Failed>& failed() const { return failed_; }

    // Takes away what is presented.
    Actions withdraw();
    // Deactivates the authorization if it is known to be pending.
    Actions discard() const;

private:
    enum class State { looking, presenting, triggering, valid, failed };

    using Delay = std::optional<base::Duration>;

    // A challenge that the CA was not told to look at, and why.
    struct Unpresented {
        std::string type;
        base::Error error;
        bool order_usable;
    };

    // validation_steps.cpp: what the CA's answers mean.
    Actions on_look(const http::Response& response, base::Time now);
    Actions judge(const Authorization& authorization,
                  const http::Response& response, base::Time now);
    Actions on_pending(const Authorization& authorization,
                       const http::Response& response, base::Time now);
    Actions on_valid();
    Actions choose(const Authorization& authorization);
    Actions choose_next();
    Actions fail_unpresented();
    Actions present(const Challenge& challenge);
    Actions on_triggered(const http::Response& response, base::Time now);
    Actions on_lost_trigger(base::Error error, Delay delay);
    Actions trigger_again();

    Actions trigger();
    Actions look();
    Actions look_later(const http::Response& response, base::Time now);
    Actions repeat(base::Error error, Delay delay);
    Actions send(const std::string& url, std::string payload) const;
    Actions wait(base::Duration delay, bool in_trouble = false) const;
    Actions fail(base::Error error, bool order_usable = false);
    Actions fail_challenge(base::Error error, bool order_usable = false);

    Exchange exchange_;
    std::string url_;
    const IssuanceSettings& settings_;
    base::Time deadline_;
    bool order_ends_;

    State state_ = State::looking;
    std::optional<base::Identifier> identifier_;  // once it is known
    std::vector<Challenge> offered_;              // likewise
    std::optional<Challenge> challenge_;          // the chosen one
    std::vector<Unpresented> unpresented_;
    bool presented_ = false;
    bool pending_ = false;  // as the CA last said
    // Why the CA may not know that the answer is in place.
    std::optional<base::Error> trigger_error_;
    bool trigger_error_is_transient_ = false;
    Pace pace_;
    Pace trigger_pace_;  // counts repeated triggers over looks in between
    std::optional<Failed> failed_;
};

}  // namespace acme
