// Issuer's account once it is there: contacts, another key, and its end (RFC
// 8555, sections 7.3.2, 7.3.5 and 7.3.6).
#include "acme/problem.h"
#include "base/text.h"
#include "crypto/jws.h"
#include "http/url.h"
#include "manager/issuer.h"

namespace manager {

// Nothing waits for the CA to know its contacts.
void Issuer::look_after_account()
{
    if (account_.contacts != settings_.contacts) {
        enqueue({{session_->account(),
                  acme::encode_contacts(settings_.contacts), ""},
                 [this](const Answer& result) { on_contacts(result); }});
    }
    answer(base::ok());
}

void Issuer::on_contacts(const Answer& result)
{
    const auto now = ports_.clock.now();
    if (!result || !result->success()) {
        const auto error =
            result ? acme::error_of(*result, now) : result.error();
        ports_.log.write(base::LogLevel::warn,
                         "changing the account's contacts: " + error.message
                             + "; trying again tomorrow, or after a reload, "
                               "issuer \"" + settings_.name + "\"");
        return;
    }
    account_.contacts = settings_.contacts;
    // What cannot be written is told to the CA once more.
    (void) ports_.store.save_account(settings_.name, account_);
}

// --- another key -----------------------------------------------------------

// It is to be the operator's own, or of another type than `key`, its own.
base::Status Issuer::plan_key_change(const crypto::PrivateKey& key)
{
    if (!settings_.account_key_pem.empty()) {
        auto own = crypto::PrivateKey::from_pem(
            settings_.account_key_pem.reveal());
        if (!own) {
            return own.error();
        }
        if (*crypto::thumbprint(*own) != *crypto::thumbprint(key)) {
            next_key_pem_ = settings_.account_key_pem;
        }
        return base::ok();
    }
    if (key.type() == settings_.account_key_type) {
        return base::ok();
    }
    if (!account_.next_key_pem.empty()) {
        next_key_pem_ = account_.next_key_pem;
        return base::ok();
    }
    auto next = crypto::PrivateKey::generate(settings_.account_key_type);
    auto pem = next ? next->to_pem() : base::Result<base::Secret>(next.error());
    if (!pem) {
        return pem.error();
    }
    next_key_pem_ = std::move(*pem);
    return base::ok();
}

void Issuer::change_key()
{
    const bool generated = settings_.account_key_pem.empty();
    if (directory_->key_change.empty()) {
        return generated ? keep_key("the CA cannot do that") : begin_anew();
    }
    if (generated && account_.next_key_pem != next_key_pem_) {
        account_.next_key_pem = next_key_pem_;
        // On disk before the CA hears of it.
        if (auto saved = ports_.store.save_account(settings_.name, account_);
            !saved)
        {
            return answer(saved);
        }
    }
    const auto next = crypto::PrivateKey::from_pem(next_key_pem_.reveal());
    const auto body = next
        ? session_->change_key(*next, directory_->key_change)
        : base::Result<std::string>(next.error());
    if (!body) {
        return keep_key(body.error().message);
    }
    Queued queued{{directory_->key_change, *body, ""},
                  [this](const Answer& result) { on_key_changed(result); }};
    queued.registered_again = true;
    enqueue(std::move(queued));
}

// The account of the operator's key is another one then.
void Issuer::begin_anew()
{
    auto key = crypto::PrivateKey::from_pem(next_key_pem_.reveal());
    next_key_pem_.clear();
    account_ = {};
    account_.directory = settings_.directory;
    account_.thumbprint = *crypto::thumbprint(*key);
    session_.emplace(std::move(*key), user_agent_);
    check_terms();
}

// An answer that got lost, and a helper that died on it, leave it open which
// key the CA knows: the account is looked for with the new one.
void Issuer::on_key_changed(const Answer& result)
{
    if (result && result->success()) {
        return finish_key_change();
    }
    key_error_ = result ? acme::error_of(*result, ports_.clock.now()).message
                        : result.error().message;
    auto next = crypto::PrivateKey::from_pem(next_key_pem_.reveal());
    former_ = std::move(session_);
    session_.emplace(std::move(*next), user_agent_);
    acme::NewAccount account;
    account.only_return_existing = true;
    send_registration(account, &Issuer::on_looked_with_next_key);
}

void Issuer::on_looked_with_next_key(Answer result)
{
    const auto url = result && result->success()
        ? http::find_header(*result, "Location")
        : std::nullopt;
    if (url
        && http::resolve_url(directory_->new_account, *url) == account_.url)
    {
        former_.reset();
        return finish_key_change();
    }
    session_ = std::move(former_);
    former_.reset();
    keep_key(url ? "it is the key of another account, "
                       + base::printable(*url)
                 : key_error_);
}

void Issuer::finish_key_change()
{
    auto key = crypto::PrivateKey::from_pem(next_key_pem_.reveal());
    account_.thumbprint = *crypto::thumbprint(*key);
    account_.key_pem = settings_.account_key_pem.empty() ? next_key_pem_
                                                         : base::Secret();
    account_.next_key_pem.clear();
    next_key_pem_.clear();
    session_.emplace(std::move(*key), user_agent_);
    session_->set_account(account_.url);
    if (auto saved = ports_.store.save_account(settings_.name, account_);
        !saved)
    {
        return answer(saved);
    }
    ports_.log.write(base::LogLevel::notice,
                     "the account has another key now, issuer \""
                         + settings_.name + "\"");
    look_after_account();
}

void Issuer::keep_key(const std::string& why)
{
    next_key_pem_.clear();
    ports_.log.write(base::LogLevel::warn,
                     "changing the account's key: " + why
                         + "; it keeps the one it has, trying again after a "
                           "reload, issuer \"" + settings_.name + "\"");
    look_after_account();
}

// --- its end ---------------------------------------------------------------

// A CA refuses an order of an account that was deactivated with the same words
// as one that it does not like.
void Issuer::examine_account(Queued queued, const http::Response& response)
{
    if (queued.account != session_->account()) {
        return replace_account(std::move(queued));
    }
    Queued look{{session_->account(), "", ""}, {}};
    look.registered_again = true;
    look.completion = [this, queued = std::move(queued),
                       response](const Answer& result) mutable {
        const bool dead = result
            && (result->success()
                    ? acme::is_dead_account(result->body)
                    : acme::is_problem(*result, "unauthorized"));
        if (dead) {
            replace_account(std::move(queued));
        } else {
            queued.completion(response);
        }
    };
    enqueue(std::move(look));
}

// Once, and by a key of its own: the CA would remember the one before.
void Issuer::replace_account(Queued queued)
{
    queued.registered_again = true;
    if (queued.account != session_->account()) {
        // Others have found that out before.
        return enqueue(std::move(queued));
    }
    const auto what = "account " + base::printable(session_->account())
        + " is deactivated at the CA";
    if (replaced_ || !settings_.account_key_pem.empty()) {
        queued.completion(base::Error{
            base::ErrorKind::refused,
            what + (replaced_ ? ", like the one before"
                              : ": name another key in \"account_key\"")});
        return;
    }
    replaced_ = true;
    ports_.log.write(base::LogLevel::error,
                     what + ": registering a new one, issuer \""
                         + settings_.name + "\"");
    const auto kid = account_.external_kid;
    account_ = {};
    account_.directory = settings_.directory;
    account_.external_kid = kid;
    auto key = new_account_key();
    auto thumbprint = key ? crypto::thumbprint(*key) : key.error();
    if (!thumbprint) {
        queued.completion(thumbprint.error());
        return;
    }
    account_.thumbprint = *thumbprint;
    session_.emplace(std::move(*key), user_agent_);
    register_for(std::move(queued));
}

}  // namespace manager
