#include <algorithm>

#include "acme/codec.h"
#include "acme/validation.h"
#include "base/base64url.h"
#include "base/text.h"

namespace acme {

namespace {

constexpr std::size_t kMaxToken = 256;
constexpr std::size_t kMaxIssuers = 10;  // of dns-persist-01's draft

using base::ErrorKind;

const Challenge* find_challenge(const std::vector<Challenge>& challenges,
                                const std::string& type)
{
    const auto found =
        std::ranges::find(challenges, type, &Challenge::type);
    return found == challenges.end() ? nullptr : &*found;
}

// The CA's reason for what is invalid: our challenge's, else any.
base::Error reason_of(const Authorization& authorization,
                      const std::optional<Challenge>& ours)
{
    const Challenge* mine =
        ours ? find_challenge(authorization.challenges, ours->type) : nullptr;
    if (mine && mine->error) {
        return error_of(*mine->error);
    }
    for (const auto& challenge : authorization.challenges) {
        if (challenge.error) {
            return error_of(*challenge.error);
        }
    }
    return {ErrorKind::protocol, "the CA found it invalid and gave no reason"};
}

std::string list(const std::vector<std::string>& types)
{
    std::string text;
    for (const auto& type : types) {
        text += text.empty() ? "" : ", ";
        text += type;
    }
    return text.empty() ? "none" : base::printable(text, 256);
}

std::vector<std::string> types_of(const std::vector<Challenge>& challenges)
{
    std::vector<std::string> types;
    types.reserve(challenges.size());
    for (const auto& challenge : challenges) {
        types.push_back(challenge.type);
    }
    return types;
}

bool has_token(const std::string& type)
{
    return type != "dns-persist-01";
}

// What becomes part of a path, of an answer, or of a record to be set.
base::Status check(const Challenge& challenge)
{
    const std::string of = " of the " + challenge.type + " challenge ";
    if (!has_token(challenge.type)) {
        const auto count = challenge.issuers.size();
        return count > 0 && count <= kMaxIssuers
            ? base::ok()
            : base::Error{ErrorKind::protocol,
                          "the issuer names" + of + "are none or too many"};
    }
    // Section 8.3.
    return base::is_base64url(challenge.token)
            && challenge.token.size() <= kMaxToken
        ? base::ok()
        : base::Error{ErrorKind::protocol,
                      "the token" + of + "is not base64url"};
}

const char* name_of(Authorization::Status status)
{
    switch (status) {
    case Authorization::Status::deactivated:
        return "deactivated";
    case Authorization::Status::expired:
        return "expired";
    case Authorization::Status::revoked:
        return "revoked";
    default:
        return "invalid";
    }
}

}  // namespace

Actions Validation::on_look(const http::Response& response, base::Time now)
{
    if (!response.success()) {
        auto error = error_of(response, now);
        const auto delay = delay_of(error, now);
        return is_transient(response) ? repeat(std::move(error), delay)
                                      : fail(std::move(error));
    }
    auto authorization = decode_authorization(response.body);
    if (!authorization) {
        return repeat(std::move(authorization.error()), std::nullopt);
    }
    pace_.succeeded();
    return judge(*authorization, response, now);
}

Actions Validation::judge(const Authorization& authorization,
                          const http::Response& response, base::Time now)
{
    const auto& ordered = settings_.order.identifiers;
    if (std::ranges::find(ordered, authorization.identifier) == ordered.end())
    {
        return fail({ErrorKind::protocol,
                     "the CA asks for an authorization of "
                         + authorization.identifier.value
                         + ", which was not ordered"});
    }
    // The answer in place is for the name of the first look.
    if (identifier_.value_or(authorization.identifier)
        != authorization.identifier)
    {
        return fail({ErrorKind::protocol,
                     "the authorization is of "
                         + authorization.identifier.value + " now"});
    }
    identifier_ = authorization.identifier;
    pending_ = authorization.status == Authorization::Status::pending;
    switch (authorization.status) {
    case Authorization::Status::pending:
        return on_pending(authorization, response, now);
    case Authorization::Status::valid:
        return on_valid();
    case Authorization::Status::invalid:
        return fail_challenge(reason_of(authorization, challenge_));
    default:
        return fail({ErrorKind::protocol,
                     std::string("the authorization is ")
                         + name_of(authorization.status)});
    }
}

Actions Validation::on_pending(const Authorization& authorization,
                               const http::Response& response, base::Time now)
{
    if (!challenge_) {
        return choose(authorization);
    }
    const Challenge* current =
        find_challenge(authorization.challenges, challenge_->type);
    if (current && current->status == Challenge::Status::invalid) {
        return fail_challenge(reason_of(authorization, challenge_));
    }
    if (current && current->status == Challenge::Status::pending
        && trigger_error_)
    {
        return trigger_again();
    }
    // An error beside "processing" means that the CA tries again by itself
    // (section 8.2).
    return look_later(response, now);
}

Actions Validation::on_valid()
{
    state_ = State::valid;
    return withdraw();
}

Actions Validation::choose(const Authorization& authorization)
{
    offered_ = authorization.challenges;
    return choose_next();
}

// The first type of ours that is offered and has not failed yet.
Actions Validation::choose_next()
{
    for (const auto& type : settings_.challenge_types) {
        const auto* challenge = find_challenge(offered_, type);
        const bool tried =
            std::ranges::find(unpresented_, type, &Unpresented::type)
            != unpresented_.end();
        if (!challenge || tried
            || challenge->status == Challenge::Status::invalid)
        {
            continue;
        }
        if (auto status = check(*challenge); !status) {
            unpresented_.push_back({type, std::move(status.error()), false});
            continue;
        }
        return present(*challenge);
    }
    return fail_unpresented();
}

Actions Validation::fail_unpresented()
{
    if (unpresented_.empty()) {
        return fail({ErrorKind::refused,
                     "the CA offers no challenge that is allowed here "
                     "(offered: " + list(types_of(offered_)) + "; allowed: "
                         + list(settings_.challenge_types) + ")"});
    }
    auto error = unpresented_.front().error;
    bool order_usable = unpresented_.front().order_usable;
    for (std::size_t i = 1; i < unpresented_.size(); i++) {
        const auto& [type, why, usable] = unpresented_[i];
        error.message += "; " + type + ": " + why.message;
        order_usable = order_usable && usable;
    }
    return fail_challenge(std::move(error), order_usable);
}

Actions Validation::present(const Challenge& challenge)
{
    challenge_ = challenge;
    if (!has_token(challenge.type)) {
        challenge_->token.clear();
    }
    presented_ = true;
    state_ = State::presenting;
    return {Present{exchange_, *identifier_, *challenge_}};
}

Actions Validation::on_triggered(const http::Response& response,
                                 base::Time now)
{
    if (response.success()) {
        state_ = State::looking;
        return look_later(response, now);
    }
    auto error = error_of(response, now);
    if (is_transient(response)) {
        const auto delay = delay_of(error, now);
        return on_lost_trigger(std::move(error), delay);
    }
    // "No" is also what is said when the authorization has become valid
    // meanwhile: only a look tells.
    trigger_error_ = std::move(error);
    trigger_error_is_transient_ = false;
    return look();
}

// It may have arrived: a look comes first.
Actions Validation::on_lost_trigger(base::Error error, Delay delay)
{
    const auto pause = trigger_pace_.repeat(delay);
    if (!pause) {
        return fail(std::move(error), true);
    }
    state_ = State::looking;
    trigger_error_ = std::move(error);
    trigger_error_is_transient_ = true;
    return wait(*pause, true);
}

Actions Validation::trigger_again()
{
    if (trigger_error_is_transient_) {
        return trigger();
    }
    return fail(*trigger_error_);
}

}  // namespace acme
