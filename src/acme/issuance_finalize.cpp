#include <algorithm>

#include "acme/codec.h"
#include "acme/issuance.h"
#include "acme/members.h"
#include "acme/validation.h"
#include "base/text.h"
#include "http/link.h"

namespace acme {

namespace {

using base::ErrorKind;

constexpr std::size_t kMaxCertificate = 1024 * 1024;
constexpr const char* kCertificateType = "application/pem-certificate-chain";
constexpr unsigned kMaxFinalizes = 5;
constexpr unsigned kMaxStuckLooks = 30;
constexpr std::size_t kMaxAlternates = 8;

base::Error reason_of(const Order& order)
{
    if (order.error) {
        return error_of(*order.error);
    }
    return {ErrorKind::protocol,
            "the CA declared the order invalid and gave no reason"};
}

}  // namespace

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
    // After a lost answer a look comes first.
    send(finalize_url_, encode_finalize(settings_->csr), false);
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
        || !(is(*problem, "orderNotReady") || is(*problem, "malformed")))
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
    wait(*pause, true);
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
        if (!chains_.empty()) {
            return on_no_alternate(error);
        }
        return is_transient(response) ? repeat(std::move(error), delay)
                                      : fail(std::move(error));
    }
    if (response.body.empty() && chains_.empty()) {
        return fail({ErrorKind::protocol, "the answer is empty"});
    }
    if (chains_.empty() && settings_->all_chains) {
        alternates_ =
            http::find_links(response, "alternate", certificate_url_);
        alternates_.resize(std::min(alternates_.size(), kMaxAlternates));
    }
    chains_.push_back(response.body);
    download_next();
}

// There is a certificate already: no reason to fail.
void Issuance::on_no_alternate(const base::Error& error)
{
    actions_.push_back(
        Warn{"downloading the chain " + base::printable(certificate_url_)
             + ": " + error.message + "; it is passed over"});
    download_next();
}

void Issuance::download_next()
{
    if (alternates_.empty()) {
        stage_ = Stage::finished;
        actions_.push_back(Issued{std::move(chains_)});
        return;
    }
    certificate_url_ = std::move(alternates_.back());
    alternates_.pop_back();
    download();
}

}  // namespace acme
