// Signed requests and the nonces that go into them.

#include "acme/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/base64url.h"
#include "base/json.h"

namespace {

using namespace acme;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

constexpr base::Time kNow = std::chrono::sys_days(
    std::chrono::year(2026) / 11 / 23);

class AcmeSession : public testing::Test {
protected:
    Session make()
    {
        auto key = crypto::PrivateKey::generate(crypto::KeyType::ecdsa_256);
        return Session(std::move(*key), "nginx-acme-domain/1.0");
    }

    void give(const std::string& nonce, base::Time when = kNow)
    {
        session_.observe({200, {{"replay-nonce", nonce}}, ""}, when);
    }

    nlohmann::json header_of(const http::Request& request)
    {
        const auto body = *base::json::parse_object(request.body);
        return *base::json::parse_object(
            *base::base64url_decode(body["protected"].get<std::string>()));
    }

    std::string spent_nonce(base::Time now = kNow)
    {
        auto request = session_.post("https://ca.example/o", "", "", now);
        return request ? header_of(*request)["nonce"].get<std::string>()
                       : request.error().message;
    }

    Session session_ = make();
};

TEST_F(AcmeSession, EveryRequestSaysWhoAsks)
{
    const auto request = session_.plain(http::Request::Method::head,
                                        "https://ca.example/nonce");
    EXPECT_EQ(request.method, http::Request::Method::head);
    EXPECT_EQ(request.url, "https://ca.example/nonce");
    EXPECT_THAT(request.headers,
                ElementsAre(Pair("User-Agent", "nginx-acme-domain/1.0"),
                            Pair("Accept-Language", "en")));
}

TEST_F(AcmeSession, PostIsSignedJose)
{
    give("nonce-1");
    const auto request = session_.post("https://ca.example/c", "{}",
                                       "application/x", kNow);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, http::Request::Method::post);
    EXPECT_THAT(request->headers,
                ElementsAre(Pair("User-Agent", "nginx-acme-domain/1.0"),
                            Pair("Accept-Language", "en"),
                            Pair("Content-Type", "application/jose+json"),
                            Pair("Accept", "application/x")));
    const auto body = *base::json::parse_object(request->body);
    EXPECT_EQ(body["payload"], "e30");
    EXPECT_EQ(header_of(*request)["url"], "https://ca.example/c");
    EXPECT_EQ(header_of(*request)["nonce"], "nonce-1");
}

TEST_F(AcmeSession, AnEmptyPayloadIsPostAsGet)
{
    give("n");
    const auto request = session_.post("https://ca.example/c", "", "", kNow);
    ASSERT_TRUE(request);
    EXPECT_EQ((*base::json::parse_object(request->body))["payload"], "");
}

TEST_F(AcmeSession, IsKnownByItsKeyUntilItHasAnAccount)
{
    give("n1");
    give("n2");
    auto request = session_.post("https://ca.example/new", "{}", "", kNow);
    EXPECT_TRUE(header_of(*request).contains("jwk"));
    EXPECT_FALSE(header_of(*request).contains("kid"));
    session_.set_account("https://ca.example/acct/1");
    EXPECT_EQ(session_.account(), "https://ca.example/acct/1");
    request = session_.post("https://ca.example/new", "{}", "", kNow);
    EXPECT_EQ(header_of(*request)["kid"], "https://ca.example/acct/1");
    EXPECT_FALSE(header_of(*request).contains("jwk"));
}

TEST_F(AcmeSession, EachNonceServesOnce)
{
    give("n1");
    give("n2");
    EXPECT_EQ(session_.nonces(kNow), 2u);
    EXPECT_EQ(spent_nonce(), "n1");
    EXPECT_EQ(spent_nonce(), "n2");
    EXPECT_EQ(session_.nonces(kNow), 0u);
    EXPECT_EQ(spent_nonce(), "no nonce at hand to sign a request with");
}

TEST_F(AcmeSession, TheRetryAfterBadNonceUsesThatAnswersNonce)
{
    give("stale-1");
    give("stale-2");
    session_.observe(
        {400,
         {{"Replay-Nonce", "fresh"}},
         R"({"type":"urn:ietf:params:acme:error:badNonce","detail":"x"})"},
        kNow);
    EXPECT_EQ(spent_nonce(), "fresh");
}

TEST_F(AcmeSession, OtherErrorsGiveNoncesToo)
{
    session_.observe({500, {{"Replay-Nonce", "n"}}, "<html>"}, kNow);
    EXPECT_EQ(spent_nonce(), "n");
}

TEST_F(AcmeSession, NoncesThatAreNoneAreIgnored)
{
    for (const char* nonce : {"", "a b", "a=", "a\"b", "a\r\nX: y", "\xff"}) {
        give(nonce);
    }
    give(std::string(513, 'a'));
    session_.observe({200, {}, ""}, kNow);
    EXPECT_EQ(session_.nonces(kNow), 0u);
}

TEST_F(AcmeSession, OldNoncesAreDropped)
{
    give("old", kNow);
    give("new", kNow + 3min);
    EXPECT_EQ(session_.nonces(kNow + 5min), 2u);
    EXPECT_EQ(spent_nonce(kNow + 6min), "new");
}

TEST_F(AcmeSession, AClockSetBackMakesNoncesNoYounger)
{
    give("n", kNow + 24h);
    EXPECT_EQ(session_.nonces(kNow), 0u);
}

TEST_F(AcmeSession, ThePoolIsBounded)
{
    for (int i = 0; i < 100; ++i) {
        give("n" + std::to_string(i));
    }
    EXPECT_EQ(session_.nonces(kNow), 32u);
}

TEST_F(AcmeSession, KeyAuthorizationJoinsTokenAndThumbprint)
{
    const auto authorization = session_.key_authorization("tok");
    ASSERT_TRUE(authorization);
    EXPECT_EQ(authorization->size(), 4u + 43u);
    EXPECT_TRUE(authorization->starts_with("tok."));
    EXPECT_TRUE(base::is_base64url(authorization->substr(4)));
}

}  // namespace
