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

constexpr std::size_t kMaxCertificate = 1024 * 1024;
constexpr const char* kCertificateType = "application/pem-certificate-chain";
constexpr auto kOrderLife = hours(24);        // when the CA names none
constexpr auto kLongestLife = hours(7 * 24);  // whatever it names
constexpr unsigned kMaxFinalizes = 5;
constexpr unsigned kMaxStuckLooks = 30;

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
    return problem->is("unauthorized") || problem->is("malformed");
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

base::Error reason_of(const Order& order)
{
    if (order.error) {
        return error_of(*order.error);
    }
    return {ErrorKind::protocol,
            "the CA declared the order invalid and gave no reason"};
}

}  // namespace

void Issuance::place()
{
    stage_ = Stage::placing;
    order_url_.clear();
    send(settings_->new_order_url, encode_new_order(settings_->identifiers));
    // The order may exist though its answer got lost.
    std::get<Send>(actions_.back()).repeatable = false;
}

void Issuance::on_placed(const http::Response& response, base::Time now)
{
    if (!response.success()) {
        return fail(error_of(response, now));
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

// An order that is of no use any more is replaced by a new one. That happens
// once, since what has been placed is not resumed.
void Issuance::on_resumed(const http::Response& response, base::Time now)
{
    if (!response.success()) {
        auto error = error_of(response, now);
        const auto delay = delay_of(error, now);
        return is_transient(response) ? repeat(std::move(error), delay)
               : is_gone(response)    ? place()
                                      : fail(std::move(error));
    }
    const auto order = decode_order(response.body);
    if (!order) {
        const auto pause = pace_.repeat(std::nullopt);
        return pause ? wait(*pause) : place();
    }
    if (is_dead(*order, now) || !is_ours(*order)) {
        return place();
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
    return set_of(order.identifiers) == set_of(settings_->identifiers);
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

// Without a look whether the order is ready: it nearly always is, and the
// answer tells if not.
void Issuance::finalize()
{
    stage_ = Stage::finalizing;
    if (finalizes_++ == kMaxFinalizes) {
        return fail(finalize_error_.value_or(base::Error{
            ErrorKind::protocol,
            "the order stays ready, however often it is finalized"}));
    }
    send(finalize_url_, encode_finalize(settings_->csr));
}

void Issuance::on_finalized(const http::Response& response, base::Time now)
{
    if (!response.success()) {
        return on_refused_finalize(response, now);
    }
    const auto order = decode_order(response.body);
    const bool moved = order && order->status != Order::Status::pending
                       && order->status != Order::Status::ready;
    if (!moved) {
        return look_later(response, now);
    }
    proceed(*order, response, now);
}

void Issuance::on_refused_finalize(const http::Response& response,
                                   base::Time now)
{
    auto error = error_of(response, now);
    if (is_transient(response)) {
        const auto delay = delay_of(error, now);
        return on_lost_finalize(std::move(error), delay);
    }
    const auto problem = problem_of(response);
    if (!problem
        || !(problem->is("orderNotReady") || problem->is("malformed")))
    {
        return fail(std::move(error));
    }
    // Too early, or finalized already, which some CAs call malformed.
    finalize_error_ = std::move(error);
    look_later(response, now);
}

// It may have arrived all the same: finalizing again without a look would be
// an error then (section 7.4).
void Issuance::on_lost_finalize(base::Error error, Delay delay)
{
    const auto pause = finalize_pace_.repeat(delay);
    if (!pause) {
        return fail(std::move(error), true);
    }
    stage_ = Stage::polling;
    finalize_error_ = std::move(error);
    wait(*pause);
}

void Issuance::on_polled(const http::Response& response, base::Time now)
{
    if (!response.success()) {
        auto error = error_of(response, now);
        const auto delay = delay_of(error, now);
        return is_transient(response) ? repeat(std::move(error), delay)
                                      : fail(std::move(error));
    }
    auto order = decode_order(response.body);
    if (!order) {
        return repeat(std::move(order.error()), std::nullopt);
    }
    pace_.succeeded();
    proceed(*order, response, now);
}

void Issuance::proceed(const Order& order, const http::Response& response,
                       base::Time now)
{
    switch (order.status) {
    case Order::Status::pending:
        return look_at_stuck(response, now);
    case Order::Status::ready:
        return finalize();
    case Order::Status::processing:
        return look_later(response, now);
    case Order::Status::valid:
        certificate_url_ = order.certificate;
        return certificate_url_.empty() ? look_at_stuck(response, now)
                                        : download();
    case Order::Status::invalid:
        return fail(reason_of(order));
    }
}

void Issuance::look_later(const http::Response& response, base::Time now)
{
    stage_ = Stage::polling;
    if (now >= deadline_) {
        return fail({ErrorKind::protocol,
                     "the CA did not finish while the order lasted"});
    }
    if (pace_.worn_out(now)) {
        // A later attempt looks again.
        return fail({ErrorKind::protocol,
                     "the CA has not finished after an hour"}, ends_);
    }
    wait(pace_.next(response, now));
}

// A state that an order leaves within moments, if at all.
void Issuance::look_at_stuck(const http::Response& response, base::Time now)
{
    stage_ = Stage::polling;
    if (stuck_looks_++ == kMaxStuckLooks) {
        return fail(finalize_error_.value_or(base::Error{
            ErrorKind::protocol, "the order does not get on"}));
    }
    look_later(response, now);
}

void Issuance::download()
{
    stage_ = Stage::downloading;
    actions_.push_back(Send{Exchange{}, certificate_url_, "",
                            kCertificateType, kMaxCertificate});
}

void Issuance::on_downloaded(const http::Response& response, base::Time now)
{
    if (!response.success()) {
        auto error = error_of(response, now);
        const auto delay = delay_of(error, now);
        return is_transient(response) ? repeat(std::move(error), delay)
                                      : fail(std::move(error));
    }
    if (response.body.empty()) {
        return fail({ErrorKind::protocol, "the answer is empty"});
    }
    stage_ = Stage::finished;
    actions_.push_back(Issued{response.body});
}

}  // namespace acme
