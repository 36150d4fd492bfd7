#include "manager/attempt.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/csr.h"

namespace manager {

void Attempt::look_ahead()
{
    outstanding_++;
    preflight_.emplace(settings_, challenge_types(settings_, job_), issuer_,
                       ports_);
    preflight_->start([this](const Preflight::Findings& findings) {
        outstanding_--;
        on_looked_ahead(findings);
    });
}

// A CA may see another DNS, and reach what cannot be reached from here: unless
// the operator knows better, it is asked all the same.
void Attempt::on_looked_ahead(const Preflight::Findings& findings)
{
    constexpr auto doing = "preflight";
    if (settings_.preflight == PreflightMode::require && !findings.empty()) {
        const auto& [error, challenge] = findings.front();
        // The operator's to mend, and looked at again soon: the CA was not
        // asked for anything.
        finish({base::Error{base::ErrorKind::config, error.message}.in(doing),
                false, challenge});
        return;
    }
    for (const auto& finding : findings) {
        log(base::LogLevel::warn,
            base::Error(finding.error).in(doing).message);
    }
    begin();
}

void Attempt::begin()
{
    if (auto status = make_issuance(); !status) {
        finish({status.error(), true});
        return;
    }
    perform(issuance_->start());
}

base::Status Attempt::make_issuance()
{
    if (auto status = check_provable(); !status) {
        return status;
    }
    if (auto status = load_or_make_key(); !status) {
        return std::move(status).error_in("preparing the key");
    }
    auto csr = crypto::make_csr(*key_, settings_.names,
                                issuer_.settings().common_name);
    if (!csr) {
        return std::move(csr).error_in("preparing the request");
    }
    acme::IssuanceSettings order;
    order.order.identifiers = settings_.names;
    if (!issuer_.directory().renewal_info.empty()) {
        order.order.replaces = replaces_;
    }
    if (auto status = choose_profile(order); !status) {
        return status;
    }
    order.all_chains = !issuer_.settings().preferred_chain.empty();
    order.csr = std::move(*csr);
    order.new_order_url = issuer_.directory().new_order;
    order.order_url = job_.order_url;
    order.challenge_types = challenge_types(settings_, job_);
    issuance_.emplace(std::move(order));
    return base::ok();
}

// Profiles come and go: one that the CA does not offer (any more) is not asked
// for.
base::Status Attempt::choose_profile(acme::IssuanceSettings& order)
{
    const auto& profile = settings_.profile.name.empty()
        ? issuer_.settings().profile
        : settings_.profile;
    const auto& offered = issuer_.directory().profiles;
    if (profile.name.empty() || offered.contains(profile.name)) {
        order.order.profile = profile.name;
        order.profile_required = profile.required;
        return base::ok();
    }
    std::string what = "the CA does not offer the profile \"" + profile.name
        + "\"";
    if (!offered.empty()) {
        what += ", but";
    }
    for (const auto& [name, description] : offered) {
        what += " \"" + base::printable(name, 64) + "\"";
    }
    if (profile.required) {
        return base::Error{base::ErrorKind::refused, what};
    }
    log(base::LogLevel::warn, what + "; ordering without it");
    return base::ok();
}

// The key of an order that is being resumed is the one it may already have
// been finalized with; every new order gets a new key, if not told otherwise.
base::Status Attempt::load_or_make_key()
{
    const bool resuming = !job_.order_url.empty() && !job_.key_pem.empty();
    if (resuming) {
        auto key = crypto::PrivateKey::from_pem(job_.key_pem.reveal());
        if (key && key->type() == settings_.key.type) {
            key_ = std::move(*key);
            return base::ok();
        }
    }
    job_.order_url.clear();
    auto key = make_key();
    if (!key) {
        return key.error();
    }
    auto pem = key->to_pem();
    if (!pem) {
        return pem.error();
    }
    key_ = std::move(*key);
    job_.key_pem = std::move(*pem);
    return base::ok();
}

// One that was compromised is used no more.
base::Result<crypto::PrivateKey> Attempt::make_key() const
{
    if (settings_.key.reuse && !job_.new_key) {
        const auto text = ports_.sink.current(settings_.id);
        auto bundle = text ? crypto::parse_bundle(text->reveal())
                           : base::Error{base::ErrorKind::internal, ""};
        if (bundle && bundle->key.type() == settings_.key.type) {
            return std::move(bundle->key);
        }
    }
    return crypto::PrivateKey::generate(settings_.key.type);
}

// The CA is not asked for what cannot be proved.
base::Status Attempt::check_provable() const
{
    const bool dns = std::ranges::any_of(
        settings_.challenges,
        [](const std::string& type) { return type.starts_with("dns-"); });
    const auto wildcard = std::ranges::find_if(
        settings_.names, &base::Identifier::wildcard);
    if (dns || wildcard == settings_.names.end()) {
        return base::ok();
    }
    return base::Error{base::ErrorKind::refused,
                       wildcard->value
                           + " cannot be proved: a wildcard needs a DNS "
                             "challenge, and none is configured"};
}

}  // namespace manager
