#include "manager/attempt.h"

#include <algorithm>

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
    auto csr = crypto::make_csr(*key_, settings_.names);
    if (!csr) {
        return std::move(csr).error_in("preparing the request");
    }
    acme::IssuanceSettings order;
    order.identifiers = settings_.names;
    order.csr = std::move(*csr);
    order.new_order_url = issuer_.directory().new_order;
    order.order_url = job_.order_url;
    order.challenge_types = challenge_types(settings_, job_);
    issuance_.emplace(std::move(order));
    return base::ok();
}

// The key of an order that is being resumed is the one it may already have
// been finalized with; every new order gets a new key.
base::Status Attempt::load_or_make_key()
{
    const bool resuming = !job_.order_url.empty() && !job_.key_pem.empty();
    if (resuming) {
        auto key = crypto::PrivateKey::from_pem(job_.key_pem.reveal());
        if (key && key->type() == settings_.key_type) {
            key_ = std::move(*key);
            return base::ok();
        }
    }
    job_.order_url.clear();
    auto key = crypto::PrivateKey::generate(settings_.key_type);
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
