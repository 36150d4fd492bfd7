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
    all.append(settings_.account_key_pem.reveal());
    all.append(crypto::to_string(settings_.account_key_type));
    all.append(settings_.verify ? " verify" : "");
    all.append(settings_.accept_terms ? " terms" : "");
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
    *url = http::resolve_url(directory_->new_account, *url);
    if (auto status = http::check_url(*url); !status) {
        answer(std::move(status).error_in(doing));
        return;
    }
    registrations_++;
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

}  // namespace manager
