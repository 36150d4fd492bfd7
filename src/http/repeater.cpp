#include "http/repeater.h"

#include <utility>

#include "base/text.h"

namespace http {

namespace {

constexpr base::Duration kFirstDelay = std::chrono::seconds(1);

base::Error no_answer(const std::string& url, base::Duration limit)
{
    return {base::ErrorKind::network,
            url + ": no answer within " + base::format_duration(limit)};
}

}  // namespace

Repeater::Repeater(std::unique_ptr<Client> client, base::Timers& timers,
                   base::Random& random)
    : client_(std::move(client)), timers_(timers), random_(random)
{}

void Repeater::send(Request request, const Patience& patience,
                    Completion completion)
{
    try_now({std::move(request), patience, std::move(completion)});
}

void Repeater::try_now(Exchange exchange)
{
    const unsigned ticket = ++last_ticket_;
    exchange.tries++;
    exchange.timer = timers_.after(
        exchange.patience.limit,
        [this, ticket, url = exchange.request.url,
         limit = exchange.patience.limit] {
            on_result(ticket, no_answer(url, limit));
        });
    Request copy = exchange.request;
    exchanges_.emplace(ticket, std::move(exchange));
    client_->send(std::move(copy),
                  [this, ticket](base::Result<Response> result) {
                      on_result(ticket, std::move(result));
                  });
}

void Repeater::on_result(unsigned ticket, base::Result<Response> result)
{
    auto node = exchanges_.extract(ticket);
    if (node.empty()) {
        return;
    }
    Exchange exchange = std::move(node.mapped());
    exchange.timer.reset();
    const auto& patience = exchange.patience;
    if (exchange.tries < patience.tries && patience.promising != nullptr
        && patience.promising(result))
    {
        try_later(std::move(exchange));
        return;
    }
    exchange.completion(std::move(result));
}

void Repeater::try_later(Exchange exchange)
{
    const unsigned ticket = ++last_ticket_;
    const auto delay = kFirstDelay * (1 << (exchange.tries - 1));
    const auto jitter = std::chrono::duration_cast<base::Duration>(
        delay * (random_.uniform() / 2));
    exchange.timer = timers_.after(delay + jitter, [this, ticket] {
        auto node = exchanges_.extract(ticket);
        try_now(std::move(node.mapped()));
    });
    exchanges_.emplace(ticket, std::move(exchange));
}

}  // namespace http
