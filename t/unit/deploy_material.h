// What is deployed in the tests: a certificate and its key, and who hears of it.
#pragma once

#include <memory>
#include <string>

#include "crypto_ca.h"
#include "deploy/target.h"

namespace deploy_test {

inline std::shared_ptr<const crypto::Bundle> material(
    const std::string& name)
{
    static const crypto_test::Ca ca("Deploy Root");
    crypto_test::Order order{"", {crypto_test::name(name)},
                             base::Time(std::chrono::hours(24 * 20'000)),
                             base::Time(std::chrono::hours(24 * 20'090))};
    auto key = crypto_test::new_key();
    crypto::Chain chain;
    chain.push_back(ca.issue(key, order));
    chain.push_back(ca.certificate(ca));
    return std::make_shared<const crypto::Bundle>(crypto::Bundle{
        "https://ca.example/", std::move(key), std::move(chain)});
}

}  // namespace deploy_test
