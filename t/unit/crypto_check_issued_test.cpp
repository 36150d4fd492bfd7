// What a CA may hand out after a successful order, and what must never be
// installed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/certificate.h"
#include "crypto_ca.h"

namespace {

using namespace std::chrono_literals;
using crypto_test::at;
using crypto_test::Ca;
using crypto_test::error_queue_is_empty;
using crypto_test::name;
using crypto_test::new_key;
using testing::HasSubstr;

class CheckIssued : public testing::Test {
protected:
    crypto::Chain chain_of(const crypto_test::Order& order)
    {
        crypto::Chain chain;
        chain.push_back(intermediate_.issue(key_, order));
        chain.push_back(intermediate_.certificate(root_));
        return chain;
    }

    base::Status check(const crypto::Chain& chain)
    {
        return crypto::check_issued(chain, key_, names_, now_);
    }

    // It is refused, and the message says why.
    void expect_refused(const crypto::Chain& chain, const std::string& why)
    {
        const auto status = check(chain);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().kind, base::ErrorKind::crypto);
        EXPECT_THAT(status.error().message, HasSubstr(why));
        EXPECT_TRUE(error_queue_is_empty());
    }

    const base::Time now_ = at("2026-11-23T06:30:00Z");
    const base::Identifiers names_ = {name("b.example"), name("a.example")};
    const crypto_test::Order order_ = {"a.example", names_};
    const crypto::PrivateKey key_ = new_key();
    Ca root_{"Test Root"};
    Ca intermediate_{"Test Intermediate"};
};

TEST_F(CheckIssued, TakesTheCertificateThatWasOrdered)
{
    EXPECT_TRUE(check(chain_of(order_)));
    EXPECT_TRUE(error_queue_is_empty());
}

TEST_F(CheckIssued, TakesChainsWithAndWithoutTheRoot)
{
    auto chain = chain_of(order_);
    chain.push_back(root_.certificate(root_));
    EXPECT_TRUE(check(chain));
    // A private CA may have no intermediate.
    chain.clear();
    chain.push_back(root_.issue(key_, order_));
    EXPECT_TRUE(check(chain));
}

TEST_F(CheckIssued, RefusesAnEmptyChain)
{
    expect_refused({}, "no certificate");
}

TEST_F(CheckIssued, RefusesAnotherKey)
{
    crypto::Chain chain;
    chain.push_back(intermediate_.issue(new_key(), order_));
    expect_refused(chain, "another key");
}

TEST_F(CheckIssued, RefusesOtherNamesAndShowsThem)
{
    auto order = order_;
    order.names = {name("a.example")};
    expect_refused(chain_of(order), "for other names: a.example");
    order.names = {name("a.example"), name("b.example"), name("c.example")};
    expect_refused(chain_of(order), "a.example, b.example, c.example");
    order.names = {};
    expect_refused(chain_of(order), "other names");
}

TEST_F(CheckIssued, RefusesANameThatOnlyLooksLikeOurs)
{
    auto order = order_;
    order.names = {name("b.example"),
                   {base::Identifier::Type::dns,
                    std::string("a.example\0.evil.example", 23)}};
    expect_refused(chain_of(order), "other names: a.example?.evil.example");
}

TEST_F(CheckIssued, AllowsTheCasClockAnHourAhead)
{
    auto order = order_;
    order.not_before = now_ + 1h;
    EXPECT_TRUE(check(chain_of(order)));
    order.not_before = now_ + 1h + 1s;
    expect_refused(chain_of(order), "valid only from 2026-11-23T07:30:01Z");
}

TEST_F(CheckIssued, RefusesWhatHasExpired)
{
    auto order = order_;
    order.not_after = now_ + 1s;
    EXPECT_TRUE(check(chain_of(order)));
    order.not_after = now_;
    expect_refused(chain_of(order), "expired at 2026-11-23T06:30:00Z");
}

TEST_F(CheckIssued, RefusesAChainThatDoesNotHold)
{
    // Given an intermediate of the right name, but with another key,
    crypto::Chain chain;
    chain.push_back(intermediate_.issue(key_, order_));
    chain.push_back(Ca("Test Intermediate").certificate(root_));
    expect_refused(chain, "issued by \"Test Intermediate\"");
    // or with the right key, but of another name,
    chain.pop_back();
    chain.push_back(root_.issue(intermediate_.key(), {"Other", {}}));
    expect_refused(chain, "certificate 1");
    // or the chain in the wrong order, or with a gap.
    chain = chain_of(order_);
    chain.push_back(Ca("Stranger").certificate(root_));
    expect_refused(chain, "certificate 2, issued by \"Test Root\"");
}

}  // namespace
