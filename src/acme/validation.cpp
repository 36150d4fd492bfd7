#include "acme/validation.h"

#include "acme/codec.h"

namespace acme {

namespace {

constexpr std::size_t kMaxBody = 64 * 1024;
constexpr const char* kTrigger = "{}";  // section 7.5.1

}  // namespace

Validation::Validation(std::size_t index, std::string url,
                       const IssuanceSettings& settings, base::Time deadline,
                       bool order_ends)
    : exchange_{Exchange::Subject::authorization, index},
      url_(std::move(url)),
      settings_(settings),
      deadline_(deadline),
      order_ends_(order_ends)
{}

Actions Validation::start()
{
    return look();
}

Actions Validation::on_response(const http::Response& response,
                                base::Time now)
{
    switch (state_) {
    case State::looking:
        return on_look(response, now);
    case State::triggering:
        return on_triggered(response, now);
    default:
        return {};
    }
}

Actions Validation::on_failure(base::Error error, base::Time now)
{
    const auto delay = delay_of(error, now);
    switch (state_) {
    case State::looking:
        return repeat(std::move(error), delay);
    case State::triggering:
        return on_lost_trigger(std::move(error), delay);
    default:
        return {};
    }
}

Actions Validation::on_elapsed()
{
    return look();
}

Actions Validation::on_presented(base::Status status)
{
    // One that is under way already (a resumed order) needs its answer back
    // in place, and no second push.
    const bool untouched = challenge_->status == Challenge::Status::pending;
    if (status) {
        return untouched ? trigger() : look();
    }
    if (!untouched) {
        return fail_challenge(std::move(status.error()), true);
    }
    unpresented_.push_back(
        {challenge_->type, std::move(status.error()), true});
    auto actions = withdraw();
    append(actions, choose_next());
    return actions;
}

Actions Validation::trigger()
{
    state_ = State::triggering;
    trigger_error_.reset();
    return send(challenge_->url, kTrigger);
}

Actions Validation::look()
{
    state_ = State::looking;
    return send(url_, "");
}

Actions Validation::look_later(const http::Response& response, base::Time now)
{
    if (now >= deadline_) {
        return fail({base::ErrorKind::protocol,
                     "the CA did not decide while the order lasted"});
    }
    if (pace_.worn_out(now)) {
        return fail({base::ErrorKind::protocol,
                     "the CA has not decided after an hour"},
                    order_ends_);
    }
    return wait(pace_.next(response, now));
}

Actions Validation::repeat(base::Error error, Delay delay)
{
    const auto pause = pace_.repeat(delay);
    return pause ? wait(*pause, true) : fail(std::move(error), true);
}

Actions Validation::send(const std::string& url, std::string payload) const
{
    return {Send{exchange_, url, std::move(payload), "", kMaxBody}};
}

Actions Validation::wait(base::Duration delay, bool in_trouble) const
{
    return {Wait{exchange_, delay, in_trouble}};
}

Actions Validation::fail(base::Error error, bool order_usable)
{
    const std::string doing = identifier_
                                  ? "validating " + identifier_->value
                                  : "reading an authorization";
    state_ = State::failed;
    failed_ = Failed{std::move(error).in(doing), order_usable};
    return {};
}

// Another type of challenge may do better.
Actions Validation::fail_challenge(base::Error error, bool order_usable)
{
    auto actions = fail(std::move(error), order_usable);
    if (challenge_) {
        failed_->challenge = challenge_->type;
    }
    return actions;
}

Actions Validation::withdraw()
{
    if (!std::exchange(presented_, false)) {
        return {};
    }
    return {Withdraw{*identifier_, challenge_->type, challenge_->token}};
}

Actions Validation::discard() const
{
    if (!pending_) {
        return {};
    }
    return {Discard{url_, encode_deactivation()}};
}

}  // namespace acme
