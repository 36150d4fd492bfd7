#include "manager/attempt.h"

#include <algorithm>

#include "crypto/csr.h"

namespace manager {

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
    order.challenge_types = challenge_types();
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

// The one that worked, or is next to be tried, comes first.
std::vector<std::string> Attempt::challenge_types() const
{
    auto types = settings_.challenges;
    const auto preferred = std::ranges::find(types, job_.challenge);
    if (preferred != types.end()) {
        std::rotate(types.begin(), preferred, preferred + 1);
    }
    return types;
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
