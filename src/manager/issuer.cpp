#include "manager/issuer.h"

#include <algorithm>

#include "acme/codec.h"
#include "acme/problem.h"
#include "base/text.h"

namespace manager {

namespace {

// A CA may move its endpoints; the directory is small.
constexpr base::Duration kDirectoryAge = std::chrono::hours(24);

constexpr unsigned kMaxBadNonces = 10;

bool is_problem(const http::Response& response, const char* name)
{
    const auto problem = acme::problem_of(response);
    return problem && problem->is(name);
}

}  // namespace

Issuer::Issuer(const IssuerSettings& settings, const std::string& user_agent,
               Ports& ports)
    : settings_(settings),
      user_agent_(user_agent),
      ports_(ports),
      client_(ports.make_client(settings))
{}

base::Result<std::string> Issuer::key_authorization(
    std::string_view token) const
{
    return session_->key_authorization(token);
}

// --- directory and account -------------------------------------------------

void Issuer::prepare(Ready ready)
{
    const bool fresh = directory_
        && ports_.clock.now() < directory_at_ + kDirectoryAge
        && !session_->account().empty();
    if (fresh) {
        ready(base::ok());
        return;
    }
    waiting_.push_back(std::move(ready));
    if (waiting_.size() > 1) {
        return;
    }
    if (auto status = load_account(); !status) {
        answer(status);
        return;
    }
    fetch_directory();
}

void Issuer::answer(const base::Status& status)
{
    std::vector<Ready> waiting;
    waiting.swap(waiting_);
    for (auto& ready : waiting) {
        ready(status);
    }
}

base::Status Issuer::load_account()
{
    if (session_) {
        return base::ok();
    }
    auto stored =
        ports_.store.load_account(settings_.name, settings_.directory);
    if (!stored) {
        return std::move(stored).error_in("reading the account");
    }
    account_ = (*stored).value_or(store::Account{});
    account_.directory = settings_.directory;
    auto key = account_key();
    if (!key) {
        return std::move(key).error_in("preparing the account key");
    }
    session_.emplace(std::move(*key), user_agent_);
    session_->set_account(account_.url);
    return base::ok();
}

base::Result<crypto::PrivateKey> Issuer::account_key()
{
    if (!settings_.account_key_pem.empty()) {
        return crypto::PrivateKey::from_pem(
            settings_.account_key_pem.reveal());
    }
    if (!account_.key_pem.empty()) {
        return crypto::PrivateKey::from_pem(account_.key_pem.reveal());
    }
    auto key = crypto::PrivateKey::generate(settings_.account_key_type);
    if (!key) {
        return key;
    }
    auto pem = key->to_pem();
    if (!pem) {
        return pem.error();
    }
    account_.key_pem = std::move(*pem);
    account_.url.clear();
    // On disk before the CA hears of it: an account whose key is lost can
    // never be used again.
    if (auto saved = ports_.store.save_account(settings_.name, account_);
        !saved)
    {
        return saved.error();
    }
    return key;
}

void Issuer::fetch_directory()
{
    client_->send(session_->plain(http::Request::Method::get,
                                  settings_.directory),
                  [this](base::Result<http::Response> result) {
                      on_directory(std::move(result));
                  });
}

void Issuer::on_directory(base::Result<http::Response> result)
{
    constexpr auto doing = "reading the directory";
    if (!result) {
        answer(std::move(result).error_in(doing));
        return;
    }
    if (!result->success()) {
        answer(acme::error_of(*result, ports_.clock.now()).in(doing));
        return;
    }
    auto directory = acme::decode_directory(result->body);
    if (!directory) {
        answer(std::move(directory).error_in(doing));
        return;
    }
    session_->observe(*result, ports_.clock.now());
    directory_ = std::move(*directory);
    directory_at_ = ports_.clock.now();
    if (!session_->account().empty()) {
        answer(base::ok());
        return;
    }
    check_terms();
}

void Issuer::check_terms()
{
    const std::string& terms = directory_->terms_of_service;
    if (!terms.empty() && !settings_.accept_terms) {
        answer(base::Error{
            base::ErrorKind::refused,
            "the CA's terms of service are not accepted: read "
                + base::printable(terms)
                + " and set \"accept_terms_of_service on\""});
        return;
    }
    if (directory_->external_account_required) {
        answer(base::Error{
            base::ErrorKind::refused,
            "the CA wants an external account binding, which this version "
            "cannot give"});
        return;
    }
    if (!terms.empty()) {
        ports_.log.write(base::LogLevel::notice,
                         "accepting the CA's terms of service at "
                             + base::printable(terms) + ", issuer \""
                             + settings_.name + "\"");
    }
    register_account();
}

void Issuer::register_account()
{
    acme::NewAccount account;
    account.contacts = settings_.contacts;
    account.terms_agreed = true;
    // Without an account URL the session signs with the public key itself,
    // as newAccount wants it (RFC 8555, section 7.3).
    session_->set_account("");
    Queued queued{{directory_->new_account, acme::encode(account), "",
                   64 * 1024},
                  [this](base::Result<http::Response> result) {
                      on_account(std::move(result));
                  }};
    queued.registration = true;
    registering_ = true;
    registration_ = std::move(queued);
    pump();
}

void Issuer::on_account(base::Result<http::Response> result)
{
    constexpr auto doing = "registering the account";
    registering_ = false;
    if (!result) {
        answer(std::move(result).error_in(doing));
        return;
    }
    if (!result->success()) {
        answer(acme::error_of(*result, ports_.clock.now()).in(doing));
        return;
    }
    auto url = http::find_header(*result, "Location");
    if (!url) {
        answer(base::Error{base::ErrorKind::protocol,
                           "the answer has no Location"}.in(doing));
        return;
    }
    account_.url = *url;
    session_->set_account(*url);
    if (auto saved = ports_.store.save_account(settings_.name, account_);
        !saved)
    {
        answer(std::move(saved).error_in(doing));
        return;
    }
    ports_.log.write(base::LogLevel::info, "account " + base::printable(*url)
                                               + ", issuer \""
                                               + settings_.name + "\"");
    answer(base::ok());
}

// --- signed requests -------------------------------------------------------

void Issuer::post(Post post, http::Completion completion)
{
    enqueue(Queued{std::move(post), std::move(completion)});
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
    if (is_problem(response, "badNonce")
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
    if (is_problem(response, "accountDoesNotExist")
        && !queued.registration && !queued.registered_again)
    {
        register_again(std::move(queued));
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
    waiting_.push_back(
        [this, queued = std::move(queued)](base::Status status) mutable {
            if (!status) {
                queued.completion(status.error());
                return;
            }
            enqueue(std::move(queued));
        });
    if (waiting_.size() == 1) {
        register_account();
    }
}

}  // namespace manager
