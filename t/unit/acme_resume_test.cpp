// An order whose URL was on disk: what a reload or a crash left behind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme_script.h"

namespace {

using namespace acme_test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class AcmeResume : public testing::Test {
protected:
    AcmeResume() { s_.start(); }

    Lines found(const std::string& status, const std::string& more = "")
    {
        return s_.answer(kOrder, 200,
                         order_json({"a.example"}, status, more));
    }

    Script s_{{"a.example"}, kCa + "order/9"};
};

const auto kPlacesNewOrder =
    ElementsAre("forget",
                StartsWith("order: POST https://ca.example/new-order"));

TEST(AcmeResumption, LooksAtTheOrderFirst)
{
    Script s({"a.example"}, kCa + "order/9");
    EXPECT_EQ(s.activity(), "resuming order");
    EXPECT_THAT(s.start(),
                ElementsAre("order: GET https://ca.example/order/9"));
}

TEST_F(AcmeResume, GoesOnWhereverTheOrderIs)
{
    struct {
        const char* status;
        std::string more;
        const char* action;
    } const cases[] = {
        {"pending", "", "authz 0: GET https://ca.example/authz/0"},
        {"ready", "", "order: POST https://ca.example/finalize/1"},
        {"processing", "", "order: wait 100 ms"},
        {"valid", kCertificate, "order: GET https://ca.example/cert/1"},
    };
    for (const auto& c : cases) {
        Script s({"a.example"}, kCa + "order/9");
        s.start();
        EXPECT_THAT(s.answer(kOrder, 200,
                             order_json({"a.example"}, c.status, c.more)),
                    ElementsAre(StartsWith(c.action)));
    }
}

TEST_F(AcmeResume, LooksAtTheStoredUrlAgain)
{
    found("processing");
    EXPECT_THAT(s_.elapsed(kOrder),
                ElementsAre("order: GET https://ca.example/order/9"));
}

// Crashed after the challenge had been posted: the answer has to be there
// again, the POST not.
TEST_F(AcmeResume, ChallengeUnderWayIsPresentedButNotPostedAgain)
{
    found("pending");
    EXPECT_THAT(s_.answer(authz(0), 200,
                          http_authz("a.example", "pending", "processing")),
                ElementsAre(HasSubstr("present a.example")));
    EXPECT_THAT(s_.presented(authz(0)),
                ElementsAre("authz 0: GET https://ca.example/authz/0"));
}

TEST_F(AcmeResume, OrderThatIsOfNoUseIsReplaced)
{
    struct {
        int status;
        std::string body;
    } const cases[] = {
        {404, problem_json("malformed", "no such order")},
        {404, "<html>"},
        {410, ""},
        {403, problem_json("unauthorized", "not yours")},
        {403, ""},
        {400, problem_json("malformed", "order expired")},
        {200, order_json({"a.example"}, "invalid")},
        {200, order_json({"b.example"}, "ready")},
        {200, order_json({"a.example", "b.example"}, "ready")},
        {200, order_json({"a.example"}, "pending",
                         ",\"expires\":\"2026-11-23T00:00:00Z\"")},
    };
    for (const auto& c : cases) {
        Script s({"a.example"}, kCa + "order/9");
        s.start();
        EXPECT_THAT(s.answer(kOrder, c.status, c.body), kPlacesNewOrder)
            << c.status << " " << c.body;
        EXPECT_EQ(s.activity(), "placing order");
    }
}

// Some proxy's answer is no reason to place another order.
TEST_F(AcmeResume, OrderThatCannotBeReadIsLookedAtAgainBeforeItIsReplaced)
{
    for (const char* body : {"<html>", "{", "{\"status\":\"expired\"}", ""}) {
        EXPECT_THAT(s_.answer(kOrder, 200, body),
                    ElementsAre(HasSubstr("order: wait")));
        EXPECT_THAT(s_.elapsed(kOrder),
                    ElementsAre("order: GET https://ca.example/order/9"));
    }
    EXPECT_THAT(s_.answer(kOrder, 200, "<html>"), kPlacesNewOrder);
}

// A nonce could not be had.
TEST_F(AcmeResume, RetryAfterOfALostRequestIsObeyed)
{
    EXPECT_THAT(s_.limited(kOrder, 90s),
                ElementsAre("order: wait 90000 ms"));
}

TEST_F(AcmeResume, ACertificateIsFetchedEvenFromAnOrderThatExpired)
{
    EXPECT_THAT(found("valid", kCertificate
                                   + ",\"expires\":\"2026-11-22T00:00:00Z\""),
                ElementsAre(HasSubstr("/cert/1")));
}

TEST_F(AcmeResume, ReplacesOnlyOnce)
{
    EXPECT_THAT(found("invalid"), kPlacesNewOrder);
    EXPECT_THAT(s_.answer(kOrder, 201, order_json({"a.example"}, "invalid"),
                          {{"Location", kCa + "order/10"}}),
                ElementsAre("remember https://ca.example/order/10",
                            StartsWith("failed: placing order")));
}

TEST_F(AcmeResume, NewOrderThatFailsDoesNotBringTheOldOneBack)
{
    found("invalid");
    EXPECT_THAT(s_.lost(kOrder),
                ElementsAre("failed: placing order: connection reset"));
}

TEST_F(AcmeResume, CaThatIsDownKeepsTheOrder)
{
    for (const char* pause : {"1000", "2000", "4000", "8000"}) {
        EXPECT_THAT(s_.lost(kOrder), ElementsAre("order: wait "
                                                 + std::string(pause)
                                                 + " ms"));
        EXPECT_THAT(s_.elapsed(kOrder),
                    ElementsAre("order: GET https://ca.example/order/9"));
    }
    EXPECT_THAT(s_.answer(kOrder, 503, ""),
                ElementsAre("failed, order usable: resuming order: HTTP 503 "
                            "without a problem document"));
}

TEST_F(AcmeResume, RateLimitKeepsTheOrder)
{
    for (int i = 0; i < 4; ++i) {
        EXPECT_THAT(s_.answer(kOrder, 429, "", {{"Retry-After", "60"}}),
                    ElementsAre("order: wait 60000 ms"));
        s_.elapsed(kOrder);
    }
    EXPECT_THAT(s_.answer(kOrder, 429, "", {{"Retry-After", "60"}}),
                ElementsAre(StartsWith("failed, order usable")));
    EXPECT_EQ(s_.error->kind, base::ErrorKind::rate_limited);
    EXPECT_EQ(s_.error->retry_at, kStart + 60s);
}

// Registering again comes first; that is the caller's business.
TEST_F(AcmeResume, ForgottenAccountIsNotTheOrdersFault)
{
    EXPECT_THAT(
        s_.answer(kOrder, 400, problem_json("accountDoesNotExist", "who?")),
        ElementsAre("failed: resuming order: HTTP 400 urn:ietf:params:acme:"
                    "error:accountDoesNotExist - who?"));
}

TEST_F(AcmeResume, ChangedTermsAreNotTheOrdersFault)
{
    EXPECT_THAT(
        s_.answer(kOrder, 403, problem_json("userActionRequired", "terms")),
        ElementsAre(HasSubstr("failed: resuming order: HTTP 403")));
    EXPECT_EQ(s_.error->kind, base::ErrorKind::refused);
}

}  // namespace
