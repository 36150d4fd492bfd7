// Issuer's account: its registration (RFC 8555, section 7.3).
#include "acme/codec.h"
#include "acme/problem.h"
#include "base/text.h"
#include "http/query.h"
#include "http/url.h"
#include "manager/issuer.h"

namespace manager {

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
    if (!terms.empty()) {
        ports_.log.write(base::LogLevel::notice,
                         "accepting the CA's terms of service at "
                             + base::printable(terms) + ", issuer \""
                             + settings_.name + "\"");
    }
    begin_registration();
}

// The credentials of an external account are good for one account: when they
// are others, so is the account.
void Issuer::follow_external_account()
{
    const auto& external = settings_.external_account;
    if (!external || account_.external_kid == external->kid) {
        return;
    }
    if (!account_.external_kid.empty()) {
        account_ = {};
        account_.directory = settings_.directory;
    }
    account_.external_kid = external->kid;
}

// Credentials may be good for one registration only: whether a registration
// whose answer got lost has come about is asked first.
void Issuer::begin_registration()
{
    const bool bound =
        settings_.external_account || directory_->external_account_required;
    if (bound && !unheard_of_) {
        acme::NewAccount account;
        account.only_return_existing = true;
        send_registration(account, &Issuer::on_looked_for);
        return;
    }
    bind_account();
}

void Issuer::on_looked_for(Answer result)
{
    if (result && result->status >= 400 && result->status < 500) {
        bind_account();
        return;
    }
    on_account(std::move(result));
}

void Issuer::bind_account()
{
    if (settings_.external_account) {
        register_account(&*settings_.external_account);
        return;
    }
    if (!directory_->external_account_required) {
        register_account(nullptr);
        return;
    }
    if (settings_.credentials_service.empty() || settings_.contacts.empty()) {
        answer(base::Error{
            base::ErrorKind::refused,
            "the CA wants an external account binding: get a key id and a MAC "
            "key from it and set \"external_account_key\""
                + std::string(settings_.credentials_service.empty()
                                  ? ""
                                  : ", or a \"contact\" to get them by,")
                + " in \"acme_issuer " + settings_.name + "\""});
        return;
    }
    ask_for_credentials();
}

// Of a CA that gives them to whoever has an e-mail address.
void Issuer::ask_for_credentials()
{
    auto request = session_->plain(http::Request::Method::post,
                                   settings_.credentials_service);
    std::string_view address = settings_.contacts.front();
    if (address.starts_with("mailto:")) {
        address.remove_prefix(7);
    }
    request.headers.emplace_back("Content-Type",
                                 "application/x-www-form-urlencoded");
    request.body = http::encode_query({{"email", std::string(address)}});
    request.repeatable = false;
    client_->send(std::move(request), [this](Answer result) {
        on_credentials(std::move(result));
    });
}

void Issuer::on_credentials(Answer result)
{
    const auto doing = "getting credentials for an external account from "
        + settings_.credentials_service;
    if (!result) {
        answer(std::move(result).error_in(doing));
        return;
    }
    const base::Secret body(result->body);
    base::wipe(result->body.data(), result->body.size());
    auto external = acme::decode_credentials(body);
    if (!external) {
        // Without a word of the service the status tells more.
        const bool told = result->success()
            || external.error().kind == base::ErrorKind::refused;
        const auto error = told
            ? external.error()
            : acme::error_of(*result, ports_.clock.now());
        answer(base::Error(error).in(doing));
        return;
    }
    register_account(&*external);
}

void Issuer::register_account(const acme::ExternalAccount* external)
{
    acme::NewAccount account;
    account.contacts = settings_.contacts;
    account.terms_agreed = true;
    if (external != nullptr) {
        auto binding = session_->bind(*external, directory_->new_account);
        if (!binding) {
            answer(std::move(binding).error_in("binding the account"));
            return;
        }
        account.binding = std::move(*binding);
    }
    send_registration(account, &Issuer::on_account);
}

// Without an account URL the session signs with the public key itself, as
// newAccount wants it.
void Issuer::send_registration(const acme::NewAccount& account,
                               void (Issuer::*then)(Answer))
{
    session_->set_account("");
    Queued queued{
        {directory_->new_account, acme::encode(account), "", 64 * 1024},
        [this, then](Answer result) {
            registering_ = false;
            (this->*then)(std::move(result));
        }};
    queued.registration = true;
    registering_ = true;
    registration_ = std::move(queued);
    pump();
}

void Issuer::on_account(Answer result)
{
    constexpr auto doing = "registering the account";
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
    // Of one that was there before nobody here knows them.
    account_.contacts = result->status == 201 ? settings_.contacts
                                              : std::vector<std::string>();
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
    look_after_account();
}

}  // namespace manager
