#include "acme/issuance.h"

#include <algorithm>
#include <set>

#include "acme/codec.h"
#include "acme/members.h"
#include "acme/validation.h"
#include "base/text.h"
#include "http/url.h"

namespace acme {

namespace {

using base::ErrorKind;
using std::chrono::hours;

constexpr auto kOrderLife = hours(24);        // when the CA names none
constexpr auto kLongestLife = hours(7 * 24);  // whatever it names

// Whether an order's URL leads nowhere any more: deleted, expired, or of an
// account that is no longer ours.
bool is_gone(const http::Response& response)
{
    if (response.status == 404 || response.status == 410) {
        return true;
    }
    const auto problem = problem_of(response);
    if (!problem) {
        return response.status == 403;
    }
    return is(*problem, "unauthorized") || is(*problem, "malformed");
}

// Pebble says serverInternal of a serial that DER begins with a zero byte, and
// a CA whose records are damaged may: that must not end all renewals.
bool may_be_about_replaces(const http::Response& response, base::Time now)
{
    if (response.status == 404 || response.status == 409) {
        return true;
    }
    const auto problem = problem_of(response);
    if (!problem || error_of(response, now).retry_at) {
        return false;
    }
    return is(*problem, "alreadyReplaced") || is(*problem, "malformed")
        || is(*problem, "unauthorized") || is(*problem, "serverInternal");
}

bool is_dead(const Order& order, base::Time now)
{
    switch (order.status) {
    case Order::Status::invalid:
        return true;
    case Order::Status::valid:
        return false;
    default:
        return order.expires && *order.expires <= now;
    }
}

base::Time deadline_of(const Order& order, base::Time now)
{
    // An order that was placed just now has not expired: a clock is wrong.
    if (!order.expires || *order.expires <= now) {
        return now + kOrderLife;
    }
    return std::min<base::Time>(*order.expires, now + kLongestLife);
}

}  // namespace

void Issuance::place()
{
    stage_ = Stage::placing;
    order_url_.clear();
    // The order may exist though its answer got lost: not repeatable.
    send(settings_->new_order_url, encode(order_), false);
}

// What the CA may refuse though it would take the order: whether it was that
// nobody can tell for sure, so it is tried once.
bool Issuance::place_with_less(const http::Response& response,
                               base::Time now)
{
    const auto problem = problem_of(response);
    if (!order_.replaces.empty() && may_be_about_replaces(response, now)) {
        actions_.push_back(Warn{
            "the CA does not take this for the renewal of the certificate "
            "before (" + error_of(response, now).message
            + "); ordering a new one"});
        order_.replaces.clear();
    } else if (!order_.profile.empty() && !settings_->profile_required
               && problem && is(*problem, "invalidProfile"))
    {
        actions_.push_back(Warn{
            "the CA does not take the profile \"" + order_.profile + "\" ("
            + error_of(response, now).message + "); ordering without it"});
        order_.profile.clear();
    } else {
        return false;
    }
    place();
    return true;
}

// An order that is of no use any more is replaced by a new one. That happens
// once, since what has been placed is not resumed.
void Issuance::replace()
{
    pace_.succeeded();
    actions_.push_back(Forget{});
    place();
}

void Issuance::on_placed(const http::Response& response, base::Time now)
{
    if (!response.success()) {
        if (!place_with_less(response, now)) {
            fail(error_of(response, now));
        }
        return;
    }
    const auto location = http::find_header(response, "Location");
    if (!location) {
        return fail({ErrorKind::protocol,
                     "the CA did not say where the order is (Location)"});
    }
    auto url = http::resolve_url(settings_->new_order_url, *location);
    if (auto status = check_url(url, "Location"); !status) {
        return fail(std::move(status.error()));
    }
    order_url_ = std::move(url);
    actions_.push_back(Remember{order_url_});
    auto order = decode_order(response.body);
    if (!order) {
        return fail(std::move(order.error()));
    }
    if (!is_ours(*order)) {
        return fail({ErrorKind::protocol,
                     "the CA made an order of other names: "
                         + base::printable(base::join(order->identifiers))});
    }
    enter(*order, response, now);
}

void Issuance::on_resumed(const http::Response& response, base::Time now)
{
    if (!response.success()) {
        auto error = error_of(response, now);
        const auto delay = delay_of(error, now);
        return is_transient(response) ? repeat(std::move(error), delay)
               : is_gone(response)    ? replace()
                                      : fail(std::move(error));
    }
    const auto order = decode_order(response.body);
    if (!order) {
        const auto pause = pace_.repeat(std::nullopt);
        return pause ? wait(*pause, true) : replace();
    }
    if (is_dead(*order, now) || !is_ours(*order)) {
        return replace();
    }
    pace_.succeeded();
    enter(*order, response, now);
}

// Neither side promises an order among the names.
bool Issuance::is_ours(const Order& order) const
{
    const auto set_of = [](const base::Identifiers& names) {
        return std::set<base::Identifier>(names.begin(), names.end());
    };
    return set_of(order.identifiers) == set_of(settings_->order.identifiers);
}

void Issuance::enter(const Order& order, const http::Response& response,
                     base::Time now)
{
    finalize_url_ = order.finalize;
    deadline_ = deadline_of(order, now);
    // One without an end could never be given up.
    ends_ = order.expires.has_value();
    if (order.status == Order::Status::pending) {
        validate(order);
    } else {
        proceed(order, response, now);
    }
}

void Issuance::validate(const Order& order)
{
    stage_ = Stage::validating;
    for (const auto& url : order.authorizations) {
        validations_.emplace_back(validations_.size(), url, *settings_,
                                  deadline_, ends_);
        append(actions_, validations_.back().start());
    }
    if (validations_.empty()) {
        finalize();
    }
}

}  // namespace acme
