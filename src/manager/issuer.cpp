#include "manager/issuer.h"

#include <algorithm>

#include "acme/codec.h"
#include "acme/problem.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/jws.h"
#include "http/url.h"

namespace manager {

namespace {

// A CA may move its endpoints; the directory is small.
constexpr base::Duration kDirectoryAge = std::chrono::hours(24);
constexpr unsigned kRedirects = 3;

}  // namespace

Issuer::Issuer(const IssuerSettings& settings, const std::string& user_agent,
               Ports& ports)
    : settings_(settings),
      user_agent_(user_agent),
      ports_(ports),
      client_(ports.make_client(settings))
{}

std::string Issuer::fingerprint() const
{
    base::Secret all(settings_.directory);
    for (const auto& contact : settings_.contacts) {
        all.append("\n" + contact);
    }
    all.append(settings_.trusted_pem);
    all.append(" " + settings_.proxy);
    all.append(settings_.account_key_pem.reveal());
    all.append(crypto::to_string(settings_.account_key_type));
    all.append(settings_.verify ? " verify" : "");
    all.append(settings_.accept_terms ? " terms" : "");
    if (const auto& external = settings_.external_account) {
        all.append(" " + external->kid);
        all.append(external->key.reveal());
    }
    return crypto::to_hex(crypto::sha256(all.reveal()));
}

base::Result<std::string> Issuer::key_authorization(
    std::string_view token) const
{
    return session_->key_authorization(token);
}

acme::Registered Issuer::account() const
{
    return {session_->account(), account_.thumbprint};
}

void Issuer::prepare(Ready ready)
{
    const auto now = ports_.clock.now();
    const bool fresh = directory_ && now >= directory_at_
        && now < directory_at_ + kDirectoryAge
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
    follow_external_account();
    auto key = account_key();
    if (!key) {
        return std::move(key).error_in("preparing the account key");
    }
    auto thumbprint = crypto::thumbprint(*key);
    if (!thumbprint) {
        return std::move(thumbprint).error_in("preparing the account key");
    }
    if (account_.thumbprint != *thumbprint) {
        // The URL is of another key: that of a file which the operator has
        // named, or does not name any more.
        account_.url.clear();
        account_.thumbprint = std::move(*thumbprint);
    }
    session_.emplace(std::move(*key), user_agent_);
    session_->set_account(account_.url);
    return base::ok();
}

base::Result<crypto::PrivateKey> Issuer::account_key()
{
    if (!account_.url.empty() && !account_.key_pem.empty()) {
        auto key = crypto::PrivateKey::from_pem(account_.key_pem.reveal());
        auto status = key ? plan_key_change(*key) : key.error();
        return status ? std::move(key) : status.error();
    }
    if (!settings_.account_key_pem.empty()) {
        return crypto::PrivateKey::from_pem(
            settings_.account_key_pem.reveal());
    }
    if (!account_.key_pem.empty()) {
        return crypto::PrivateKey::from_pem(account_.key_pem.reveal());
    }
    return new_account_key();
}

base::Result<crypto::PrivateKey> Issuer::new_account_key()
{
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
    unheard_of_ = true;
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
    auto request = session_->plain(http::Request::Method::get,
                                   settings_.directory);
    request.redirects = kRedirects;
    client_->send(std::move(request),
                  [this](base::Result<http::Response> result) {
                      on_directory(std::move(result));
                  });
}

void Issuer::on_directory(base::Result<http::Response> result)
{
    const auto doing = "reading the directory " + settings_.directory;
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
    if (session_->account().empty()) {
        check_terms();
    } else if (!next_key_pem_.empty()) {
        change_key();
    } else {
        look_after_account();
    }
}

}  // namespace manager
