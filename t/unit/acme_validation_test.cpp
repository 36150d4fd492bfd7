// Authorizations: several at once, each with its own conversation.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme_script.h"

namespace {

using namespace acme_test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string kFinalize =
    "order: POST https://ca.example/finalize/1 {\"csr\":\"Q1NS\"}";
const std::string kTrigger =
    "authz 0: POST https://ca.example/chall/http-01 {}";
const std::string kLook = "authz 0: GET https://ca.example/authz/0";
const std::string kWithdraw = "withdraw a.example http-01 token-http-01";
const std::string kDiscard = "discard https://ca.example/authz/0";

// An order of a.example, its authorization about to be looked at.
class AcmeValidation : public testing::Test {
protected:
    AcmeValidation() { s_.placed(order_json({"a.example"}, "pending")); }

    Lines found(const std::string& status, const std::string& challenge,
                http::Headers headers = {})
    {
        return s_.answer(authz(0), 200,
                         http_authz("a.example", status, challenge),
                         std::move(headers));
    }

    // The CA has taken the POST to the challenge; the first look is due.
    void trigger()
    {
        found("pending", "pending");
        s_.presented(authz(0));
        s_.answer(authz(0), 200, challenge_json("http-01", "pending"));
        s_.elapsed(authz(0));
    }

    Script s_{{"a.example"}};
};

TEST_F(AcmeValidation, ThatIsValidAlreadyTriggersNothing)
{
    EXPECT_THAT(found("valid", "valid"), ElementsAre(kFinalize));
}

TEST_F(AcmeValidation, ChallengeIsPostedOnlyOncePresented)
{
    EXPECT_THAT(found("pending", "pending"),
                ElementsAre("authz 0: present a.example http-01 "
                            "token-http-01"));
    EXPECT_THAT(s_.presented(authz(0)), ElementsAre(kTrigger));
}

TEST_F(AcmeValidation, ThatCannotBePresentedKeepsTheOrder)
{
    found("pending", "pending");
    EXPECT_THAT(s_.presented(authz(0), base::Error{base::ErrorKind::internal,
                                                   "the zone is full"}),
                ElementsAre(kWithdraw, "failed, order usable: validating "
                                       "a.example: the zone is full"));
}

// Pebble 2.4 says "pending", later ones and Boulder say "processing".
TEST_F(AcmeValidation, WaitsWhileTheCaValidates)
{
    for (const char* meanwhile : {"pending", "processing"}) {
        Script s({"a.example"});
        s.placed(order_json({"a.example"}, "pending"));
        s.answer(authz(0), 200,
                 http_authz("a.example", "pending", "pending"));
        s.presented(authz(0));
        EXPECT_THAT(
            s.answer(authz(0), 200, challenge_json("http-01", meanwhile)),
            ElementsAre("authz 0: wait 100 ms"));
        for (const char* pause : {"200", "400", "800"}) {
            EXPECT_THAT(s.elapsed(authz(0)), ElementsAre(kLook));
            EXPECT_THAT(s.answer(authz(0), 200,
                                 http_authz("a.example", "pending",
                                            meanwhile)),
                        ElementsAre("authz 0: wait " + std::string(pause)
                                    + " ms"));
        }
    }
}

TEST_F(AcmeValidation, ObeysRetryAfterHoweverLong)
{
    found("pending", "pending");
    s_.presented(authz(0));
    EXPECT_THAT(s_.answer(authz(0), 200,
                          challenge_json("http-01", "processing"),
                          {{"Retry-After", "10"}}),
                ElementsAre("authz 0: wait 10000 ms"));
    s_.elapsed(authz(0));
    EXPECT_THAT(found("pending", "processing", {{"Retry-After", "86400"}}),
                ElementsAre("authz 0: wait 86400000 ms"));
}

TEST_F(AcmeValidation, ProcessingWithAnErrorJustWaits)
{
    trigger();
    const auto error = problem_json("connection", "first try failed");
    EXPECT_THAT(s_.answer(authz(0), 200,
                          authz_json("a.example", "pending",
                                     challenge_json("http-01", "processing",
                                                    error))),
                ElementsAre("authz 0: wait 200 ms"));
}

TEST_F(AcmeValidation, EndlessProcessingEnds)
{
    trigger();
    s_.now += 24h;
    EXPECT_THAT(found("pending", "processing"),
                ElementsAre(kWithdraw, kDiscard,
                            "failed: validating a.example: the CA did not "
                            "decide while the order lasted"));
}

TEST_F(AcmeValidation, ThatFailsNamesTheIdentifierInTheCasWords)
{
    trigger();
    const auto error = problem_json(
        "connection", "192.0.2.7: Fetching http://a.example/: refused");
    EXPECT_THAT(s_.answer(authz(0), 200,
                          authz_json("a.example", "invalid",
                                     challenge_json("http-01", "invalid",
                                                    error))),
                ElementsAre(kWithdraw,
                            "failed: validating a.example: urn:ietf:params:"
                            "acme:error:connection - 192.0.2.7: Fetching "
                            "http://a.example/: refused"));
    EXPECT_EQ(s_.error->kind, base::ErrorKind::protocol)
        << "a later try may work";
}

TEST_F(AcmeValidation, ThatFailsTellsOfOurChallengeBeforeOthers)
{
    trigger();
    EXPECT_THAT(
        s_.answer(authz(0), 200,
                  authz_json("a.example", "invalid",
                             challenge_json("dns-01", "invalid",
                                            problem_json("dns", "theirs"))
                                 + ","
                                 + challenge_json("http-01", "invalid",
                                                  problem_json("tls",
                                                               "ours")))),
        ElementsAre(kWithdraw, EndsWith("error:tls - ours")));
}

TEST_F(AcmeValidation, ThatFailsWithoutAReasonSaysSo)
{
    trigger();
    EXPECT_THAT(s_.answer(authz(0), 200,
                          authz_json("a.example", "invalid", "")),
                ElementsAre(kWithdraw,
                            "failed: validating a.example: the CA found it "
                            "invalid and gave no reason"));
}

TEST_F(AcmeValidation, WhoseChallengeFailedWhileItIsPendingHasFailed)
{
    trigger();
    const auto error = problem_json("dns", "NXDOMAIN");
    EXPECT_THAT(s_.answer(authz(0), 200,
                          authz_json("a.example", "pending",
                                     challenge_json("http-01", "invalid",
                                                    error))),
                ElementsAre(kWithdraw, kDiscard, HasSubstr("NXDOMAIN")));
}

TEST_F(AcmeValidation, OfAnAuthorizationThatIsOverFails)
{
    for (const char* status : {"deactivated", "expired", "revoked"}) {
        Script s({"a.example"});
        s.placed(order_json({"a.example"}, "pending"));
        EXPECT_THAT(
            s.answer(authz(0), 200, http_authz("a.example", status, "valid")),
            ElementsAre(std::string("failed: validating a.example: the "
                                    "authorization is ")
                        + status));
    }
}

TEST_F(AcmeValidation, ThatIsOverIgnoresLateReports)
{
    EXPECT_THAT(found("valid", "valid"), ElementsAre(kFinalize));
    EXPECT_THAT(found("valid", "valid"), IsEmpty());
    EXPECT_THAT(s_.lost(authz(0)), IsEmpty());
    EXPECT_THAT(s_.presented(authz(0)), IsEmpty());
}

// Lost and refused requests.
TEST_F(AcmeValidation, LooksThatAreLostAreRepeated)
{
    for (const char* pause : {"1000", "2000", "4000", "8000"}) {
        EXPECT_THAT(s_.lost(authz(0)),
                    ElementsAre("authz 0: wait " + std::string(pause)
                                + " ms"));
        EXPECT_THAT(s_.elapsed(authz(0)), ElementsAre(kLook));
    }
    EXPECT_THAT(s_.lost(authz(0)),
                ElementsAre("failed, order usable: reading an authorization: "
                            "connection reset"));
}

TEST_F(AcmeValidation, LooksThatGetNoSenseAreRepeated)
{
    EXPECT_THAT(s_.answer(authz(0), 500, "<html>"),
                ElementsAre("authz 0: wait 1000 ms"));
    s_.elapsed(authz(0));
    EXPECT_THAT(s_.answer(authz(0), 200, "<html>"),
                ElementsAre("authz 0: wait 2000 ms"));
    s_.elapsed(authz(0));
    EXPECT_THAT(s_.answer(authz(0), 429,
                          problem_json("rateLimited", "slow down"),
                          {{"Retry-After", "30"}}),
                ElementsAre("authz 0: wait 30000 ms"));
    s_.elapsed(authz(0));
    EXPECT_THAT(found("pending", "pending"),
                ElementsAre(HasSubstr("present")));
}

TEST_F(AcmeValidation, AGoodLookForgivesTheLostOnes)
{
    trigger();
    for (int i = 0; i < 20; ++i) {
        EXPECT_THAT(s_.lost(authz(0)), ElementsAre("authz 0: wait 1000 ms"));
        s_.elapsed(authz(0));
        EXPECT_THAT(found("pending", "processing"),
                    ElementsAre(HasSubstr("authz 0: wait")));
        s_.elapsed(authz(0));
    }
}

TEST_F(AcmeValidation, ThatIsRefusedFails)
{
    EXPECT_THAT(s_.answer(authz(0), 404, problem_json("malformed", "none")),
                ElementsAre("failed: reading an authorization: HTTP 404 "
                            "urn:ietf:params:acme:error:malformed - none"));
}

TEST_F(AcmeValidation, ALostTriggerIsRepeatedOnlyIfTheChallengeIsPending)
{
    found("pending", "pending");
    s_.presented(authz(0));
    EXPECT_THAT(s_.lost(authz(0)), ElementsAre("authz 0: wait 1000 ms"));
    EXPECT_THAT(s_.elapsed(authz(0)), ElementsAre(kLook));
    EXPECT_THAT(found("pending", "pending"), ElementsAre(kTrigger));
    EXPECT_THAT(s_.lost(authz(0)), ElementsAre("authz 0: wait 2000 ms"));
    EXPECT_THAT(s_.elapsed(authz(0)), ElementsAre(kLook));
    EXPECT_THAT(found("pending", "processing"),
                ElementsAre("authz 0: wait 100 ms"))
        << "it had arrived";
}

TEST_F(AcmeValidation, ATriggerIsRepeatedFourTimes)
{
    found("pending", "pending");
    s_.presented(authz(0));
    for (int i = 0; i < 4; ++i) {
        s_.answer(authz(0), 503, "");
        s_.elapsed(authz(0));
        EXPECT_THAT(found("pending", "pending"), ElementsAre(kTrigger));
    }
    EXPECT_THAT(s_.lost(authz(0)),
                ElementsAre(kWithdraw, "failed, order usable: validating "
                                       "a.example: connection reset"));
}

TEST_F(AcmeValidation, AnAcceptedTriggerIsNotRepeated)
{
    found("pending", "pending");
    s_.presented(authz(0));
    s_.lost(authz(0));
    s_.elapsed(authz(0));
    found("pending", "pending");
    s_.answer(authz(0), 200, challenge_json("http-01", "pending"));
    s_.elapsed(authz(0));
    EXPECT_THAT(found("pending", "pending"),
                ElementsAre(HasSubstr("authz 0: wait")))
        << "Pebble 2.4 is validating it";
}

// Boulder answers 400 when the authorization became valid meanwhile.
TEST_F(AcmeValidation, ARefusedTriggerMayMeanThatItIsValid)
{
    found("pending", "pending");
    s_.presented(authz(0));
    EXPECT_THAT(s_.answer(authz(0), 400,
                          problem_json("malformed", "not pending")),
                ElementsAre(kLook));
    EXPECT_THAT(found("valid", "valid"), ElementsAre(kWithdraw, kFinalize));
}

TEST_F(AcmeValidation, ARefusedTriggerFailsWhenNothingHasChanged)
{
    found("pending", "pending");
    s_.presented(authz(0));
    s_.answer(authz(0), 403, problem_json("unauthorized", "no"));
    EXPECT_THAT(found("pending", "pending"),
                ElementsAre(kWithdraw, kDiscard,
                            "failed: validating a.example: HTTP 403 urn:ietf:"
                            "params:acme:error:unauthorized - no"));
}

// Choosing a challenge.
Lines offered(Script& s, const std::string& name,
              const std::string& challenges)
{
    s.placed(order_json({name}, "pending"));
    return s.answer(authz(0), 200, authz_json(name, "pending", challenges));
}

TEST(AcmeChallengeChoice, TakesTheFirstAllowedTypeThatIsOffered)
{
    Script s({"a.example"}, "", {"tls-alpn-01", "http-01", "dns-01"});
    EXPECT_THAT(offered(s, "a.example",
                        challenge_json("smoke-signal-07", "pending") + ","
                            + challenge_json("dns-01", "pending") + ","
                            + challenge_json("http-01", "pending")),
                ElementsAre("authz 0: present a.example http-01 "
                            "token-http-01"));
}

TEST(AcmeChallengeChoice, SaysWhatIsOfferedAndWhatIsAllowed)
{
    Script s({"*.a.example"});
    EXPECT_THAT(offered(s, "*.a.example",
                        challenge_json("dns-01", "pending") + ","
                            + challenge_json("dns-persist-01", "pending")),
                ElementsAre(kDiscard,
                            "failed: validating *.a.example: the CA offers "
                            "no challenge that is allowed here (offered: "
                            "dns-01, dns-persist-01; allowed: http-01)"));
    EXPECT_EQ(s.error->kind, base::ErrorKind::refused);
}

TEST(AcmeChallengeChoice, PassesOverOneThatHasFailed)
{
    Script s({"a.example"}, "", {"http-01", "dns-01"});
    EXPECT_THAT(offered(s, "a.example",
                        challenge_json("http-01", "invalid") + ","
                            + challenge_json("dns-01", "pending")),
                ElementsAre(HasSubstr("present a.example dns-01")));
}

TEST(AcmeChallengeChoice, TokenMustBeBase64urlAndBounded)
{
    for (const std::string& token :
         {std::string(""), std::string("../../etc/passwd"),
          std::string("<script>"), std::string("a.b"), std::string("a b"),
          std::string(257, 'a')})
    {
        Script s({"a.example"});
        const auto challenge =
            R"({"type":"http-01","status":"pending","url":)"
            R"("https://ca.example/c","token":")"
            + token + "\"}";
        EXPECT_THAT(offered(s, "a.example", challenge),
                    ElementsAre(kDiscard,
                                "failed: validating a.example: the token of "
                                "the http-01 challenge is not base64url"))
            << token;
    }
}

const std::string kOfBoth = challenge_json("http-01", "pending") + ","
    + challenge_json("dns-01", "pending");

base::Error error(const std::string& why)
{
    return {base::ErrorKind::network, why};
}

TEST(AcmeChallengeChoice, TakesTheNextWhenOneCannotBePresented)
{
    Script s({"a.example"}, "", {"dns-01", "http-01"});
    offered(s, "a.example", kOfBoth);
    EXPECT_THAT(s.presented(authz(0), error("no provider")),
                ElementsAre("withdraw a.example dns-01 token-dns-01",
                            "authz 0: present a.example http-01 "
                            "token-http-01"));
    EXPECT_THAT(s.presented(authz(0)), ElementsAre(kTrigger));
}

TEST(AcmeChallengeChoice, SaysWhyNoneCanBePresented)
{
    Script s({"a.example"}, "", {"dns-01", "http-01", "tls-alpn-01"});
    offered(s, "a.example", kOfBoth);
    s.presented(authz(0), error("no provider"));
    EXPECT_THAT(s.presented(authz(0), error("the zone is full")),
                ElementsAre(kWithdraw,
                            "failed, order usable: validating a.example: no "
                            "provider; http-01: the zone is full"));
    EXPECT_EQ(s.error->kind, base::ErrorKind::network);
}

// The CA is at work on it: another one would be a second opinion.
TEST(AcmeChallengeChoice, KeepsToOneThatIsUnderWay)
{
    Script s({"a.example"}, "", {"http-01", "dns-01"});
    offered(s, "a.example",
            challenge_json("http-01", "processing") + ","
                + challenge_json("dns-01", "pending"));
    EXPECT_THAT(s.presented(authz(0), error("the zone is full")),
                ElementsAre(kWithdraw,
                            "failed, order usable: validating a.example: the "
                            "zone is full"));
}

TEST(AcmeChallengeChoice, DnsPersistHasIssuersAndNoToken)
{
    for (const auto& [issuers, expected] :
         std::vector<std::pair<std::string, std::string>>{
             {R"("ca.example")", "present a.example dns-persist-01"},
             {"", "none or too many"},
             {R"("1.a","2.a","3.a","4.a","5.a","6.a","7.a","8.a","9.a","10.a",)"
              R"("11.a")",
              "none or too many"}})
    {
        Script s({"a.example"}, "", {"dns-persist-01"});
        const auto lines = offered(
            s, "a.example",
            R"({"type":"dns-persist-01","status":"pending",)"
            R"("url":"https://ca.example/c","issuer-domain-names":[)"
                + issuers + "]}");
        EXPECT_THAT(lines.back(), HasSubstr(expected));
    }
}

TEST(AcmeChallengeChoice, OfAnIdentifierThatWasNotOrderedFails)
{
    Script s({"a.example"});
    s.placed(order_json({"a.example"}, "pending"));
    EXPECT_THAT(
        s.answer(authz(0), 200, http_authz("b.example", "pending", "pending")),
        ElementsAre("failed: reading an authorization: the CA asks for an "
                    "authorization of b.example, which was not ordered"));
}

// What would be taken away else is the answer for another name.
TEST(AcmeValidations, ThatChangeTheirNameFailAndLeaveNoAnswerBehind)
{
    Script s({"a.example", "b.example"});
    s.placed(order_json({"a.example", "b.example"}, "pending"));
    s.answer(authz(0), 200, http_authz("a.example", "pending", "pending"));
    s.presented(authz(0));
    s.answer(authz(0), 200, challenge_json("http-01", "processing"));
    s.elapsed(authz(0));
    EXPECT_THAT(
        s.answer(authz(0), 200, http_authz("b.example", "valid", "valid")),
        ElementsAre("withdraw a.example http-01 token-http-01", kDiscard,
                    "failed: validating a.example: the authorization is of "
                    "b.example now"));
}

TEST(AcmeChallengeChoice, AnAddressIsAnIdentifierToo)
{
    Script s({"2001:db8::1"});
    EXPECT_THAT(offered(s, "2001:db8::1", challenge_json("http-01", "pending")),
                ElementsAre(HasSubstr("present 2001:db8::1 http-01")));
}

// Several names.
TEST(AcmeValidations, ProceedInParallelAndInAnyOrder)
{
    Script s({"a.example", "b.example", "c.example"});
    EXPECT_THAT(
        s.placed(order_json({"a.example", "b.example", "c.example"},
                            "pending")),
        ElementsAre(StartsWith("remember"), EndsWith("/authz/0"),
                    EndsWith("/authz/1"), EndsWith("/authz/2")));
    // The CA lists them in another order than they were ordered in.
    EXPECT_THAT(
        s.answer(authz(2), 200, http_authz("a.example", "pending", "pending")),
        ElementsAre(StartsWith("authz 2: present a.example")));
    EXPECT_THAT(
        s.answer(authz(1), 200, http_authz("b.example", "valid", "valid")),
        IsEmpty());
    EXPECT_EQ(s.activity(), "validating 2 of 3 names");
    EXPECT_THAT(
        s.answer(authz(0), 200, http_authz("c.example", "pending", "pending")),
        ElementsAre(StartsWith("authz 0: present c.example")));
    for (std::size_t i : {0, 2}) {
        s.presented(authz(i));
        s.answer(authz(i), 200, challenge_json("http-01", "processing"));
        s.elapsed(authz(i));
    }
    EXPECT_THAT(
        s.answer(authz(0), 200, http_authz("c.example", "valid", "valid")),
        ElementsAre("withdraw c.example http-01 token-http-01"));
    EXPECT_THAT(
        s.answer(authz(2), 200, http_authz("a.example", "valid", "valid")),
        ElementsAre(kWithdraw, kFinalize));
}

TEST(AcmeValidations, WildcardAndItsDomainAreTwo)
{
    Script s({"a.example", "*.a.example"}, "", {"dns-01"});
    s.placed(order_json({"a.example", "*.a.example"}, "pending"));
    const auto challenge = challenge_json("dns-01", "pending");
    EXPECT_THAT(s.answer(authz(0), 200,
                         authz_json("*.a.example", "pending", challenge)),
                ElementsAre(HasSubstr("present *.a.example dns-01")));
    EXPECT_THAT(s.answer(authz(1), 200,
                         authz_json("a.example", "pending", challenge)),
                ElementsAre(HasSubstr("present a.example dns-01")));
}

TEST(AcmeValidations, OneThatFailsEndsAllAndLeavesNothingBehind)
{
    const std::vector<std::string> names = {"a.example", "b.example",
                                            "c.example", "d.example"};
    Script s(names);
    s.placed(order_json(names, "pending"));
    for (std::size_t i : {0, 1}) {
        s.answer(authz(i), 200, http_authz(names[i], "pending", "pending"));
    }
    s.answer(authz(2), 200, http_authz("c.example", "valid", "valid"));
    s.presented(authz(0));
    s.answer(authz(0), 200, challenge_json("http-01", "processing"));
    s.elapsed(authz(0));
    EXPECT_THAT(
        s.answer(authz(0), 200, http_authz("a.example", "invalid", "invalid")),
        ElementsAre(kWithdraw, "withdraw b.example http-01 token-http-01",
                    "discard https://ca.example/authz/1",
                    StartsWith("failed: validating a.example")))
        << "presented, but not yet reported; valid ones are kept";
    EXPECT_THAT(s.presented(authz(1)), IsEmpty());
    EXPECT_THAT(
        s.answer(authz(3), 200, http_authz("d.example", "pending", "pending")),
        IsEmpty());
    EXPECT_EQ(s.activity(), "finished");
}

TEST(AcmeValidations, SurviveBeingMoved)
{
    auto first = std::make_unique<Script>(
        std::vector<std::string>{"a.example"});
    first->placed(order_json({"a.example"}, "pending"));
    Script second = std::move(*first);
    first.reset();
    EXPECT_THAT(second.answer(authz(0), 200,
                              http_authz("a.example", "pending", "pending")),
                ElementsAre(HasSubstr("present")));
}

}  // namespace
