#include "acme/issuance.h"

#include <algorithm>

#include "acme/validation.h"

namespace acme {

namespace {

constexpr std::size_t kMaxBody = 64 * 1024;
constexpr Exchange kOrder{Exchange::Subject::order, 0};

}  // namespace

Issuance::Issuance(IssuanceSettings settings)
    : settings_(std::make_unique<const IssuanceSettings>(std::move(settings))),
      order_(settings_->order),
      stage_(settings_->order_url.empty() ? Stage::placing : Stage::resuming),
      order_url_(settings_->order_url)
{}

Issuance::~Issuance() = default;
Issuance::Issuance(Issuance&&) noexcept = default;
Issuance& Issuance::operator=(Issuance&&) noexcept = default;

Actions Issuance::start()
{
    if (stage_ == Stage::placing) {
        place();
    } else {
        send(order_url_, "");
    }
    return flush();
}

Actions Issuance::on_response(Exchange exchange,
                              const http::Response& response, base::Time now)
{
    if (!take(exchange, Awaited::answer)) {
        return {};
    }
    if (exchange == kOrder) {
        on_order_response(response, now);
    } else {
        auto& validation = validations_[exchange.index];
        follow(validation, validation.on_response(response, now));
    }
    return flush();
}

Actions Issuance::on_failure(Exchange exchange, base::Error error,
                             base::Time now)
{
    if (!take(exchange, Awaited::answer)) {
        return {};
    }
    if (exchange == kOrder) {
        on_order_failure(std::move(error), now);
    } else {
        auto& validation = validations_[exchange.index];
        follow(validation, validation.on_failure(std::move(error), now));
    }
    return flush();
}

Actions Issuance::on_elapsed(Exchange exchange)
{
    if (!take(exchange, Awaited::delay)) {
        return {};
    }
    if (exchange == kOrder) {
        on_order_elapsed();
    } else {
        auto& validation = validations_[exchange.index];
        follow(validation, validation.on_elapsed());
    }
    return flush();
}

Actions Issuance::on_presented(Exchange exchange, base::Status status)
{
    if (!take(exchange, Awaited::presentation)) {
        return {};
    }
    auto& validation = validations_[exchange.index];
    follow(validation, validation.on_presented(std::move(status)));
    return flush();
}

// Whether such a report is due; it is then no longer.
bool Issuance::take(const Exchange& exchange, Awaited awaited)
{
    const auto found = awaited_.find(exchange);
    if (found == awaited_.end() || found->second != awaited) {
        return false;
    }
    awaited_.erase(found);
    return true;
}

Actions Issuance::flush()
{
    for (const auto& action : actions_) {
        expect_report_of(action);
    }
    if (stage_ == Stage::finished) {
        awaited_.clear();
    }
    return std::exchange(actions_, {});
}

void Issuance::expect_report_of(const Action& action)
{
    if (const auto* send = std::get_if<Send>(&action)) {
        awaited_[send->exchange] = Awaited::answer;
    } else if (const auto* wait = std::get_if<Wait>(&action)) {
        awaited_[wait->exchange] = Awaited::delay;
    } else if (const auto* present = std::get_if<Present>(&action)) {
        awaited_[present->exchange] = Awaited::presentation;
    }
}

void Issuance::on_order_response(const http::Response& response,
                                 base::Time now)
{
    switch (stage_) {
    case Stage::placing:
        return on_placed(response, now);
    case Stage::resuming:
        return on_resumed(response, now);
    case Stage::finalizing:
        return on_finalized(response, now);
    case Stage::polling:
        return on_polled(response, now);
    case Stage::downloading:
        return on_downloaded(response, now);
    case Stage::validating:
    case Stage::finished:
        return;
    }
}

void Issuance::on_order_failure(base::Error error, base::Time now)
{
    const auto delay = delay_of(error, now);
    switch (stage_) {
    case Stage::placing:
        // Whether there is an order now, nobody knows; another newOrder
        // could make two of them.
        return fail(std::move(error));
    case Stage::finalizing:
        return on_lost_finalize(std::move(error), delay);
    case Stage::downloading:
        return chains_.empty() ? repeat(std::move(error), delay)
                               : on_no_alternate(error);
    default:
        return repeat(std::move(error), delay);
    }
}

void Issuance::on_order_elapsed()
{
    if (stage_ == Stage::downloading) {
        download();
    } else {
        send(order_url_, "");
    }
}

void Issuance::follow(const Validation& validation, Actions actions)
{
    append(actions_, std::move(actions));
    if (validation.failed()) {
        finish(*validation.failed());
    } else if (std::ranges::all_of(validations_, &Validation::valid)) {
        finalize();
    }
}

void Issuance::send(const std::string& url, std::string payload,
                    bool repeatable)
{
    actions_.push_back(Send{kOrder, url, std::move(payload), "", kMaxBody,
                            repeatable});
}

void Issuance::wait(base::Duration delay, bool in_trouble)
{
    actions_.push_back(Wait{kOrder, delay, in_trouble});
}

// The request of this stage once more, if that has not been tried too often.
void Issuance::repeat(base::Error error, Delay delay)
{
    if (const auto pause = pace_.repeat(delay)) {
        wait(*pause, true);
    } else {
        fail(std::move(error), true);
    }
}

void Issuance::fail(base::Error error, bool order_usable)
{
    finish(Failed{std::move(error).in(activity()), order_usable});
}

// What lies about at the CA counts against limits, so it is not left there
// unless it will be used.
void Issuance::finish(Failed failed)
{
    for (auto& validation : validations_) {
        append(actions_, validation.withdraw());
        if (!failed.order_usable) {
            append(actions_, validation.discard());
        }
    }
    stage_ = Stage::finished;
    actions_.push_back(std::move(failed));
}

std::string Issuance::activity() const
{
    const auto total = std::to_string(validations_.size());
    const auto open = std::ranges::count(validations_, false,
                                         &Validation::valid);
    switch (stage_) {
    case Stage::placing:
        return "placing order";
    case Stage::resuming:
        return "resuming order";
    case Stage::validating:
        return "validating " + std::to_string(open) + " of " + total
               + " names";
    case Stage::finalizing:
    case Stage::polling:
        return "finalizing order";
    case Stage::downloading:
        return "downloading certificate";
    case Stage::finished:
        return "finished";
    }
    return {};
}

}  // namespace acme
