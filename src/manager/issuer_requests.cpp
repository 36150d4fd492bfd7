// Issuer's requests: nonces, the queue for them, and repeating.
#include <algorithm>
#include <utility>

#include "acme/problem.h"
#include "base/text.h"
#include "manager/issuer.h"

namespace manager {

namespace {

constexpr unsigned kMaxBadNonces = 10;

}  // namespace

void Issuer::post(Post post, http::Completion completion)
{
    enqueue(Queued{std::move(post), std::move(completion)});
}

void Issuer::get(const std::string& url, http::Completion completion)
{
    client_->send(session_->plain(http::Request::Method::get, url),
                  std::move(completion));
}

void Issuer::enqueue(Queued queued)
{
    queue_.push_back(std::move(queued));
    pump();
}

// What needs the account waits while it is being registered.
bool Issuer::may_send() const
{
    return registration_ || (!registering_ && !queue_.empty());
}

Issuer::Queued Issuer::take_next()
{
    if (registration_) {
        return *std::exchange(registration_, std::nullopt);
    }
    Queued next = std::move(queue_.front());
    queue_.pop_front();
    return next;
}

void Issuer::pump()
{
    while (may_send()) {
        if (session_->nonces(ports_.clock.now()) == 0) {
            // Each answer brings the next nonce; a fresh one is asked for
            // only while fewer circulate than orders are at work.
            if (in_flight_ + nonce_fetches_ < std::max(parallel_, 1U)) {
                fetch_nonce();
            }
            return;
        }
        transmit(take_next());
    }
}

void Issuer::fetch_nonce()
{
    nonce_fetches_++;
    client_->send(
        session_->plain(http::Request::Method::head, directory_->new_nonce),
        [this](base::Result<http::Response> result) {
            nonce_fetches_--;
            const auto now = ports_.clock.now();
            if (result) {
                session_->observe(*result, now);
            }
            if (session_->nonces(now) > 0 || !may_send()) {
                pump();
                return;
            }
            // No nonce, no request: say so to whoever is first in the queue,
            // rather than ask for ever.
            base::Error error = !result ? result.error()
                : result->success()
                ? base::Error{base::ErrorKind::protocol,
                              "the answer has no usable Replay-Nonce"}
                : acme::error_of(*result, now);
            take_next().completion(std::move(error).in("getting a nonce"));
            pump();
        });
}

void Issuer::transmit(Queued queued)
{
    auto request = session_->post(queued.post.url, queued.post.payload,
                                  queued.post.accept, ports_.clock.now());
    if (!request) {
        queued.completion(std::move(request).error_in("signing a request"));
        return;
    }
    request->max_body = queued.post.max_body;
    request->repeatable = queued.post.repeatable;
    queued.account = session_->account();
    in_flight_++;
    client_->send(std::move(*request),
                  [this, queued = std::move(queued)](
                      base::Result<http::Response> result) mutable {
                      on_answer(std::move(queued), std::move(result));
                  });
}

void Issuer::on_answer(Queued queued, base::Result<http::Response> result)
{
    in_flight_--;
    if (result) {
        session_->observe(*result, ports_.clock.now());
        if (repeat_after(queued, *result)) {
            return;
        }
    }
    queued.completion(std::move(result));
    pump();
}

// Whether the request is going to be sent again, which then was arranged.
bool Issuer::repeat_after(Queued& queued, const http::Response& response)
{
    if (response.status < 400) {
        return false;
    }
    if (acme::is_problem(response, "badNonce")
        && queued.bad_nonces < kMaxBadNonces)
    {
        queued.bad_nonces++;
        if (queued.registration) {
            registration_ = std::move(queued);
        } else {
            queue_.push_front(std::move(queued));
        }
        pump();
        return true;
    }
    if (acme::is_problem(response, "accountDoesNotExist")
        && !queued.registration && !queued.registered_again)
    {
        register_again(std::move(queued));
        return true;
    }
    if (acme::is_problem(response, "unauthorized")
        && queued.post.url == directory_->new_order && !queued.registered_again)
    {
        examine_account(std::move(queued), response);
        return true;
    }
    return false;
}

void Issuer::register_again(Queued queued)
{
    queued.registered_again = true;
    if (queued.account == session_->account()) {
        ports_.log.write(base::LogLevel::warn,
                         "the CA does not know account "
                             + base::printable(session_->account())
                             + " any more, registering again, issuer \""
                             + settings_.name + "\"");
        session_->set_account("");
    } else if (!session_->account().empty()) {
        // Others have found that out before.
        enqueue(std::move(queued));
        return;
    }
    register_for(std::move(queued));
}

// It is sent once there is an account.
void Issuer::register_for(Queued queued)
{
    waiting_.push_back(
        [this, queued = std::move(queued)](base::Status status) mutable {
            if (!status) {
                queued.completion(status.error());
                return;
            }
            enqueue(std::move(queued));
        });
    if (waiting_.size() == 1) {
        bind_account();
    }
}

}  // namespace manager
