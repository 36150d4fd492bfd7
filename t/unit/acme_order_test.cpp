// An order as it should go, and the states in which a CA may hand it out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme_script.h"

namespace {

using namespace acme_test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kNewOrder =
    "order: POST https://ca.example/new-order {\"identifiers\":["
    "{\"type\":\"dns\",\"value\":\"a.example\"}]}";
const std::string kFinalize =
    "order: POST https://ca.example/finalize/1 {\"csr\":\"Q1NS\"}";
const std::string kLook = "order: GET https://ca.example/order/1";
const std::string kDownload = "order: GET https://ca.example/cert/1 accept "
                              "application/pem-certificate-chain";

TEST(AcmeOrderFlow, FromNewOrderToCertificate)
{
    Script s({"a.example"});
    EXPECT_EQ(s.activity(), "placing order");
    EXPECT_THAT(s.start(), ElementsAre(kNewOrder));
    EXPECT_THAT(s.answer(kOrder, 201, order_json({"a.example"}, "pending"),
                         {{"location", "https://ca.example/order/1"}}),
                ElementsAre("remember https://ca.example/order/1",
                            "authz 0: GET https://ca.example/authz/0"));
    EXPECT_EQ(s.activity(), "validating 1 of 1 names");
    EXPECT_THAT(
        s.answer(authz(0), 200, http_authz("a.example", "pending", "pending")),
        ElementsAre("authz 0: present a.example http-01 token-http-01"));
    EXPECT_THAT(s.presented(authz(0)),
                ElementsAre("authz 0: POST https://ca.example/chall/http-01 "
                            "{}"));
    EXPECT_THAT(
        s.answer(authz(0), 200, challenge_json("http-01", "processing")),
        ElementsAre("authz 0: wait 100 ms"));
    EXPECT_THAT(s.elapsed(authz(0)),
                ElementsAre("authz 0: GET https://ca.example/authz/0"));
    EXPECT_THAT(s.answer(authz(0), 200,
                         http_authz("a.example", "pending", "processing"),
                         {{"Retry-After", "3"}}),
                ElementsAre("authz 0: wait 3000 ms"));
    EXPECT_THAT(s.elapsed(authz(0)),
                ElementsAre("authz 0: GET https://ca.example/authz/0"));
    EXPECT_THAT(
        s.answer(authz(0), 200, http_authz("a.example", "valid", "valid")),
        ElementsAre("withdraw a.example http-01 token-http-01", kFinalize));
    EXPECT_EQ(s.activity(), "finalizing order");
    // Pebble 2.9 and later answer without Location.
    EXPECT_THAT(s.answer(kOrder, 200, order_json({"a.example"}, "processing")),
                ElementsAre("order: wait 100 ms"));
    EXPECT_THAT(s.elapsed(kOrder), ElementsAre(kLook));
    EXPECT_THAT(s.answer(kOrder, 200,
                         order_json({"a.example"}, "valid", kCertificate)),
                ElementsAre(kDownload));
    EXPECT_EQ(s.activity(), "downloading certificate");
    EXPECT_THAT(s.answer(kOrder, 200, "CHAIN"), ElementsAre("issued CHAIN"));
    EXPECT_EQ(s.activity(), "finished");
}

TEST(AcmeOrderFlow, ACertificateMayBeLargerThanOtherAnswers)
{
    acme::Issuance issuance({{identifiers({"a.example"}), "", ""}, false, "CSR",
                             kCa + "new-order", kCa + "order/1", {"http-01"}});
    auto actions = issuance.start();
    EXPECT_EQ(std::get<acme::Send>(actions[0]).max_body, 64u * 1024);
    actions = issuance.on_response(
        kOrder, {200, {}, order_json({"a.example"}, "valid", kCertificate)},
        kStart);
    EXPECT_EQ(std::get<acme::Send>(actions[0]).max_body, 1024u * 1024);
}

TEST(AcmeOrderFlow, OfLetsEncryptFinalizeMayBeValidAtOnce)
{
    Script s({"a.example"});
    s.placed(order_json({"a.example"}, "ready"));
    EXPECT_THAT(s.answer(kOrder, 200,
                         order_json({"a.example"}, "valid", kCertificate)),
                ElementsAre(kDownload));
}

// States in which newOrder may return an order (Boulder reuses orders).
TEST(AcmeNewOrder, MayBeReadyAlready)
{
    Script s({"a.example"});
    EXPECT_THAT(s.placed(order_json({"a.example"}, "ready")),
                ElementsAre("remember https://ca.example/order/1", kFinalize));
}

TEST(AcmeNewOrder, MayBeProcessingAlready)
{
    Script s({"a.example"});
    EXPECT_THAT(s.placed(order_json({"a.example"}, "processing")),
                ElementsAre("remember https://ca.example/order/1",
                            "order: wait 100 ms"));
    EXPECT_THAT(s.elapsed(kOrder), ElementsAre(kLook));
}

TEST(AcmeNewOrder, MayBeValidAlready)
{
    Script s({"a.example"});
    EXPECT_THAT(s.placed(order_json({"a.example"}, "valid", kCertificate)),
                ElementsAre("remember https://ca.example/order/1", kDownload));
}

TEST(AcmeNewOrder, ThatIsInvalidFailsInTheCasWords)
{
    Script s({"a.example"});
    const auto lines = s.placed(
        order_json({"a.example"}, "invalid",
                   ",\"error\":" + problem_json("caa", "CAA forbids")));
    EXPECT_THAT(lines, ElementsAre("remember https://ca.example/order/1",
                                   "failed: placing order: urn:ietf:params:"
                                   "acme:error:caa - CAA forbids"));
    EXPECT_EQ(s.error->kind, base::ErrorKind::refused);
}

TEST(AcmeNewOrder, WithoutLocationIsAProtocolError)
{
    Script s({"a.example"});
    s.start();
    EXPECT_THAT(s.answer(kOrder, 201, order_json({"a.example"}, "pending")),
                ElementsAre("failed: placing order: the CA did not say where "
                            "the order is (Location)"));
    EXPECT_EQ(s.error->kind, base::ErrorKind::protocol);
}

TEST(AcmeNewOrder, LocationMayBeRelative)
{
    Script s({"a.example"});
    s.start();
    EXPECT_THAT(s.answer(kOrder, 201, order_json({"a.example"}, "ready"),
                         {{"Location", "/order/1"}}),
                ElementsAre("remember https://ca.example/order/1", kFinalize));
}

TEST(AcmeNewOrder, LocationIsChecked)
{
    for (const char* location :
         {"http://evil.example/order/1", "ftp://ca.example/",
          "https://ca.example/a b"})
    {
        Script s({"a.example"});
        s.start();
        const auto lines =
            s.answer(kOrder, 201, order_json({"a.example"}, "ready"),
                     {{"Location", location}});
        EXPECT_THAT(lines, ElementsAre(HasSubstr("failed: placing order: "
                                                 "\"Location\" is of no use")))
            << location;
    }
}

TEST(AcmeNewOrder, OfOtherNamesIsAProtocolError)
{
    Script s({"a.example", "b.example"});
    EXPECT_THAT(s.placed(order_json({"a.example", "c.example"}, "pending")),
                ElementsAre("remember https://ca.example/order/1",
                            "failed: placing order: the CA made an order of "
                            "other names: a.example, c.example"));
}

TEST(AcmeNewOrder, NamesComeBackInAnyOrder)
{
    Script s({"a.example", "b.example"});
    EXPECT_THAT(s.placed(order_json({"b.example", "a.example"}, "ready")),
                ElementsAre("remember https://ca.example/order/1", kFinalize));
}

TEST(AcmeNewOrder, IsNeverRepeated)
{
    Script s({"a.example"});
    s.start();
    EXPECT_THAT(s.lost(kOrder),
                ElementsAre("failed: placing order: connection reset"));
    EXPECT_EQ(s.error->kind, base::ErrorKind::network);
    Script t({"a.example"});
    t.start();
    EXPECT_THAT(t.answer(kOrder, 503, "<html>", {{"Retry-After", "60"}}),
                ElementsAre("failed: placing order: HTTP 503 without a "
                            "problem document"));
    EXPECT_EQ(t.error->retry_at, kStart + 60s);
}

TEST(AcmeNewOrder, RateLimitTellsWhenToComeBack)
{
    Script s({"a.example"});
    s.start();
    s.answer(kOrder, 429, problem_json("rateLimited", "too many"),
             {{"Retry-After", "86400"}});
    EXPECT_EQ(s.error->kind, base::ErrorKind::rate_limited);
    EXPECT_EQ(s.error->retry_at, kStart + 24h);
}

TEST(AcmeNewOrder, ThatCannotBeReadIsAProtocolError)
{
    Script s({"a.example"});
    EXPECT_THAT(s.placed("<html>"),
                ElementsAre("remember https://ca.example/order/1",
                            "failed: placing order: order: no JSON"));
}

TEST(AcmeNewOrder, OfAPendingOrderWithoutAuthorizationsIsFinalized)
{
    Script s({"a.example"});
    const std::string order =
        R"({"status":"pending","identifiers":[{"type":"dns","value":)"
        R"("a.example"}],"authorizations":[],)"
        R"("finalize":"https://ca.example/finalize/1"})";
    EXPECT_THAT(s.placed(order),
                ElementsAre("remember https://ca.example/order/1", kFinalize));
}

// Finalizing.
class AcmeFinalize : public testing::Test {
protected:
    AcmeFinalize() { s_.placed(order_json({"a.example"}, "ready")); }

    std::string order(const std::string& status) const
    {
        return order_json({"a.example"}, status,
                          status == "valid" ? kCertificate : "");
    }

    Script s_{{"a.example"}};
};

TEST_F(AcmeFinalize, RefusedFailsInTheCasWords)
{
    EXPECT_THAT(s_.answer(kOrder, 403, problem_json("unauthorized", "no")),
                ElementsAre("failed: finalizing order: HTTP 403 "
                            "urn:ietf:params:acme:error:unauthorized - no"));
    EXPECT_EQ(s_.error->kind, base::ErrorKind::refused);
}

TEST_F(AcmeFinalize, TooEarlyWaitsUntilTheOrderIsReady)
{
    EXPECT_THAT(s_.answer(kOrder, 403, problem_json("orderNotReady", "x")),
                ElementsAre("order: wait 100 ms"));
    EXPECT_THAT(s_.elapsed(kOrder), ElementsAre(kLook));
    EXPECT_THAT(s_.answer(kOrder, 200, order("pending")),
                ElementsAre("order: wait 200 ms"));
    EXPECT_THAT(s_.elapsed(kOrder), ElementsAre(kLook));
    EXPECT_THAT(s_.answer(kOrder, 200, order("ready")),
                ElementsAre(kFinalize));
}

TEST_F(AcmeFinalize, OfAnOrderThatNeverGetsReadyEnds)
{
    Lines lines = s_.answer(kOrder, 403, problem_json("orderNotReady", "x"));
    int looks = 0;
    while (lines[0].starts_with("order: wait") && looks < 1000) {
        EXPECT_THAT(s_.elapsed(kOrder), ElementsAre(kLook));
        lines = s_.answer(kOrder, 200, order("pending"));
        ++looks;
    }
    EXPECT_EQ(looks, 31);
    EXPECT_THAT(lines, ElementsAre("failed: finalizing order: HTTP 403 "
                                   "urn:ietf:params:acme:error:orderNotReady "
                                   "- x"));
}

TEST_F(AcmeFinalize, OfAnOrderThatStaysReadyEnds)
{
    Lines lines = {kFinalize};
    int finalizes = 1;
    while (lines[0] == kFinalize && finalizes < 1000) {
        s_.answer(kOrder, 403, problem_json("orderNotReady", "x"));
        s_.elapsed(kOrder);
        lines = s_.answer(kOrder, 200, order("ready"));
        ++finalizes;
    }
    EXPECT_EQ(finalizes, 6) << "five, and the one that was not sent";
    EXPECT_THAT(lines, ElementsAre(HasSubstr("orderNotReady - x")));
}

TEST_F(AcmeFinalize, AnsweredReadyIsLookedAtBeforeItIsRepeated)
{
    EXPECT_THAT(s_.answer(kOrder, 200, order("ready")),
                ElementsAre("order: wait 100 ms"));
    EXPECT_THAT(s_.elapsed(kOrder), ElementsAre(kLook));
    EXPECT_THAT(s_.answer(kOrder, 200, order("processing")),
                ElementsAre("order: wait 200 ms"));
}

TEST_F(AcmeFinalize, AlreadyDoneIsCalledMalformedBySomeCas)
{
    EXPECT_THAT(s_.answer(kOrder, 400, problem_json("malformed", "done")),
                ElementsAre("order: wait 100 ms"));
    s_.elapsed(kOrder);
    EXPECT_THAT(s_.answer(kOrder, 200, order("valid")),
                ElementsAre(kDownload));
}

TEST_F(AcmeFinalize, LostIsLookedAtFirst)
{
    EXPECT_THAT(s_.lost(kOrder), ElementsAre("order: wait 1000 ms"));
    EXPECT_THAT(s_.elapsed(kOrder), ElementsAre(kLook));
    EXPECT_THAT(s_.answer(kOrder, 200, order("processing")),
                ElementsAre("order: wait 100 ms"))
        << "it had arrived";
}

TEST_F(AcmeFinalize, LostIsRepeatedWhenTheOrderIsStillReady)
{
    for (const char* pause : {"1000", "2000", "4000", "8000"}) {
        EXPECT_THAT(s_.lost(kOrder), ElementsAre("order: wait "
                                                 + std::string(pause)
                                                 + " ms"));
        s_.elapsed(kOrder);
        EXPECT_THAT(s_.answer(kOrder, 200, order("ready")),
                    ElementsAre(kFinalize));
    }
    EXPECT_THAT(s_.lost(kOrder),
                ElementsAre("failed, order usable: finalizing order: "
                            "connection reset"));
}

TEST_F(AcmeFinalize, ServerErrorIsLookedAtAfterItsRetryAfter)
{
    EXPECT_THAT(s_.answer(kOrder, 500, problem_json("serverInternal", "x"),
                          {{"Retry-After", "60"}}),
                ElementsAre("order: wait 60000 ms"));
    EXPECT_THAT(s_.elapsed(kOrder), ElementsAre(kLook));
    EXPECT_THAT(s_.answer(kOrder, 200, order("valid")),
                ElementsAre(kDownload));
}

TEST_F(AcmeFinalize, RateLimitIsWaitedFor)
{
    EXPECT_THAT(s_.answer(kOrder, 429,
                          problem_json("rateLimited",
                                       "Try again in 12.47s")),
                ElementsAre("order: wait 12470 ms"));
}

TEST_F(AcmeFinalize, OrderInvalidAfterwardsFailsInTheCasWords)
{
    s_.answer(kOrder, 200, order("processing"));
    s_.elapsed(kOrder);
    const auto invalid =
        order_json({"a.example"}, "invalid",
                   ",\"error\":" + problem_json("dns", "SERVFAIL for CAA"));
    EXPECT_THAT(s_.answer(kOrder, 200, invalid),
                ElementsAre("failed: finalizing order: urn:ietf:params:acme:"
                            "error:dns - SERVFAIL for CAA"));
}

TEST_F(AcmeFinalize, OrderInvalidWithoutAReasonSaysSo)
{
    EXPECT_THAT(s_.answer(kOrder, 200, order("invalid")),
                ElementsAre("failed: finalizing order: the CA declared the "
                            "order invalid and gave no reason"));
}

// Waiting for the certificate.
TEST_F(AcmeFinalize, ZeroSslMayTakeADay)
{
    EXPECT_THAT(s_.answer(kOrder, 200, order("processing"),
                          {{"Retry-After", "86000"}}),
                ElementsAre("order: wait 86000000 ms"));
    s_.now += 86000s;
    s_.elapsed(kOrder);
    EXPECT_THAT(s_.answer(kOrder, 200, order("valid")),
                ElementsAre(kDownload));
}

// One that has an end is looked at again by a later attempt; one without could
// never be given up.
TEST(AcmeProcessing, IsWatchedForAnHour)
{
    for (const bool ends : {true, false}) {
        Script s({"a.example"});
        const auto order = order_json(
            {"a.example"}, "processing",
            ends ? ",\"expires\":\"2026-11-29T00:00:00Z\"" : "");
        s.placed(order);
        s.now = kStart + 1h - 1s;
        s.elapsed(kOrder);
        EXPECT_THAT(s.answer(kOrder, 200, order),
                    ElementsAre(HasSubstr("wait")));
        s.now = kStart + 1h;
        s.elapsed(kOrder);
        const auto end = s.answer(kOrder, 200, order);
        ASSERT_FALSE(end.empty());
        EXPECT_THAT(end.back(),
                    HasSubstr("the CA has not finished after an hour"));
        EXPECT_EQ(end.back().find("order usable") != std::string::npos, ends);
    }
}

TEST(AcmeProcessing, WaitsThatTheCaAsksForDoNotCount)
{
    Script s({"a.example"});
    const auto order =
        order_json({"a.example"}, "processing",
                   ",\"expires\":\"2026-11-29T00:00:00Z\"");
    s.placed(order);
    s.elapsed(kOrder);
    EXPECT_THAT(s.answer(kOrder, 200, order, {{"Retry-After", "86400"}}),
                ElementsAre("order: wait 86400000 ms"));
    s.now += 24h;
    s.elapsed(kOrder);
    EXPECT_THAT(s.answer(kOrder, 200, order), ElementsAre(HasSubstr("wait")));
}

TEST(AcmeProcessing, EndsWhenTheOrderExpires)
{
    Script s({"a.example"});
    const auto order =
        order_json({"a.example"}, "processing",
                   ",\"expires\":\"2026-11-23T08:00:00Z\"");
    s.placed(order);
    s.now = kStart + 8h;
    s.elapsed(kOrder);
    EXPECT_THAT(s.answer(kOrder, 200, order),
                ElementsAre(HasSubstr("failed: finalizing order: the CA did "
                                      "not finish while the order lasted")));
}

TEST_F(AcmeFinalize, LostLooksAreRepeated)
{
    s_.answer(kOrder, 200, order("processing"));
    s_.elapsed(kOrder);
    EXPECT_THAT(s_.lost(kOrder), ElementsAre("order: wait 1000 ms"));
    EXPECT_THAT(s_.elapsed(kOrder), ElementsAre(kLook));
    EXPECT_THAT(s_.answer(kOrder, 502, "<html>"),
                ElementsAre("order: wait 2000 ms"));
    s_.elapsed(kOrder);
    EXPECT_THAT(s_.answer(kOrder, 200, "<html>captive portal</html>"),
                ElementsAre("order: wait 4000 ms"));
    s_.elapsed(kOrder);
    EXPECT_THAT(s_.answer(kOrder, 400, problem_json("badNonce", "again")),
                ElementsAre("order: wait 8000 ms"));
    s_.elapsed(kOrder);
    EXPECT_THAT(s_.lost(kOrder),
                ElementsAre("failed, order usable: finalizing order: "
                            "connection reset"));
}

TEST_F(AcmeFinalize, AGoodLookForgivesTheLostOnes)
{
    s_.answer(kOrder, 200, order("processing"));
    for (int i = 0; i < 20; ++i) {
        s_.elapsed(kOrder);
        EXPECT_THAT(s_.lost(kOrder), ElementsAre("order: wait 1000 ms"));
        s_.elapsed(kOrder);
        EXPECT_THAT(s_.answer(kOrder, 200, order("processing")),
                    ElementsAre(HasSubstr("order: wait")));
    }
}

TEST_F(AcmeFinalize, OrderThatIsGoneFails)
{
    s_.answer(kOrder, 200, order("processing"));
    s_.elapsed(kOrder);
    EXPECT_THAT(s_.answer(kOrder, 404, problem_json("malformed", "gone")),
                ElementsAre(HasSubstr("failed: finalizing order: HTTP 404")));
}

TEST_F(AcmeFinalize, ValidWithoutCertificateIsLookedAtAgain)
{
    EXPECT_THAT(s_.answer(kOrder, 200, order_json({"a.example"}, "valid")),
                ElementsAre("order: wait 100 ms"));
    s_.elapsed(kOrder);
    EXPECT_THAT(s_.answer(kOrder, 200, order("valid")),
                ElementsAre(kDownload));
}

TEST_F(AcmeFinalize, DownloadIsRepeatedWhenLost)
{
    s_.answer(kOrder, 200, order("valid"));
    EXPECT_THAT(s_.lost(kOrder), ElementsAre("order: wait 1000 ms"));
    EXPECT_THAT(s_.elapsed(kOrder), ElementsAre(kDownload));
    EXPECT_THAT(s_.answer(kOrder, 503, "", {{"Retry-After", "5"}}),
                ElementsAre("order: wait 5000 ms"));
    EXPECT_THAT(s_.elapsed(kOrder), ElementsAre(kDownload));
    EXPECT_THAT(s_.answer(kOrder, 200, "CHAIN"), ElementsAre("issued CHAIN"));
}

TEST_F(AcmeFinalize, DownloadThatStaysLostKeepsTheOrder)
{
    s_.answer(kOrder, 200, order("valid"));
    for (int i = 0; i < 4; ++i) {
        s_.lost(kOrder);
        s_.elapsed(kOrder);
    }
    EXPECT_THAT(s_.lost(kOrder),
                ElementsAre("failed, order usable: downloading certificate: "
                            "connection reset"));
}

TEST_F(AcmeFinalize, RefusedDownloadGivesTheOrderUp)
{
    s_.answer(kOrder, 200, order("valid"));
    EXPECT_THAT(s_.answer(kOrder, 404, problem_json("malformed", "expired")),
                ElementsAre(HasSubstr("failed: downloading certificate: "
                                      "HTTP 404")));
}

TEST_F(AcmeFinalize, EmptyCertificateIsNone)
{
    s_.answer(kOrder, 200, order("valid"));
    EXPECT_THAT(s_.answer(kOrder, 200, ""),
                ElementsAre("failed: downloading certificate: the answer is "
                            "empty"));
}

TEST_F(AcmeFinalize, ReportsThatAreNotDueAreIgnored)
{
    EXPECT_THAT(s_.elapsed(kOrder), IsEmpty()) << "an answer is due";
    EXPECT_THAT(s_.presented(authz(0)), IsEmpty());
    EXPECT_THAT(s_.answer(authz(7), 200, ""), IsEmpty());
    s_.answer(kOrder, 200, order("processing"));
    EXPECT_THAT(s_.answer(kOrder, 200, order("valid")), IsEmpty())
        << "a delay is due";
    EXPECT_THAT(s_.lost(kOrder), IsEmpty());
}

TEST_F(AcmeFinalize, NothingFollowsTheEnd)
{
    s_.answer(kOrder, 403, problem_json("badCSR", "weak key"));
    EXPECT_THAT(s_.answer(kOrder, 200, order("valid")), IsEmpty());
    EXPECT_THAT(s_.lost(kOrder), IsEmpty());
    EXPECT_THAT(s_.elapsed(kOrder), IsEmpty());
}

TEST_F(AcmeFinalize, AnIssuanceCanBeMovedWhileUnderWay)
{
    Script moved = std::move(s_);
    EXPECT_THAT(moved.answer(kOrder, 200, order("valid")),
                ElementsAre(kDownload));
}

}  // namespace
