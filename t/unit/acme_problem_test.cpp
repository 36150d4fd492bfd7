// What a CA's "no" becomes: one line for people, a kind for the schedule.

#include "acme/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme/pace.h"

namespace {

using namespace acme;
using namespace std::chrono_literals;
using base::ErrorKind;
using testing::HasSubstr;
using testing::Not;

constexpr base::Time kNow = std::chrono::sys_days(
    std::chrono::year(2026) / 11 / 23);

http::Response problem(int status, std::string type, std::string detail,
                       http::Headers headers = {})
{
    headers.emplace_back("Content-Type", "application/problem+json");
    return {status, headers,
            R"({"type":"urn:ietf:params:acme:error:)" + type
                + R"(","detail":")" + detail + "\"}"};
}

TEST(AcmeError, SaysAllTheCaSaid)
{
    const http::Response response{
        403,
        {},
        R"({"type":"urn:ietf:params:acme:error:unauthorized","detail":"no",
            "instance":"https://ca.example/why","subproblems":[
            {"type":"urn:ietf:params:acme:error:caa","detail":"CAA forbids",
             "identifier":{"type":"dns","value":"a.example"}},
            {"type":"urn:ietf:params:acme:error:dns","detail":"NXDOMAIN",
             "identifier":{"type":"dns","value":"b.example"}}]})"};
    EXPECT_EQ(error_of(response, kNow).message,
              "HTTP 403 urn:ietf:params:acme:error:unauthorized - no "
              "(a.example: caa - CAA forbids; b.example: dns - NXDOMAIN; "
              "see https://ca.example/why)");
}

TEST(AcmeError, OfABodyThatIsNoProblemDocument)
{
    const http::Response html{
        502, {{"Content-Type", "text/html"}}, "<html>Bad Gateway</html>"};
    EXPECT_EQ(error_of(html, kNow).message,
              "HTTP 502 (text/html) without a problem document");
    EXPECT_EQ(error_of(html, kNow).kind, ErrorKind::protocol);
    const http::Response empty{404, {}, ""};
    EXPECT_EQ(error_of(empty, kNow).message,
              "HTTP 404 without a problem document");
}

TEST(AcmeError, CannotForgeALogLine)
{
    const auto error = error_of(
        problem(400, "malformed", "x\\r\\n2026 [emerg] \\u001b[2Jy"), kNow);
    EXPECT_THAT(error.message, Not(HasSubstr("\n")));
    EXPECT_THAT(error.message, Not(HasSubstr("\x1b")));
    const http::Response header{
        500, {{"Content-Type", "a\x1b[2Jb"}}, "boom"};
    EXPECT_THAT(error_of(header, kNow).message, Not(HasSubstr("\x1b")));
}

TEST(AcmeError, IsBounded)
{
    const auto error =
        error_of(problem(400, "malformed", std::string(60000, 'x')), kNow);
    EXPECT_LE(error.message.size(), 2048u);
}

TEST(AcmeError, KindIsWhatTheScheduleNeeds)
{
    const http::Headers later = {{"Retry-After", "60"}};
    struct {
        http::Response response;
        ErrorKind kind;
    } const cases[] = {
        {problem(400, "rejectedIdentifier", ""), ErrorKind::refused},
        {problem(400, "unsupportedIdentifier", ""), ErrorKind::refused},
        {problem(403, "caa", ""), ErrorKind::refused},
        {problem(400, "invalidProfile", ""), ErrorKind::refused},
        {problem(403, "userActionRequired", ""), ErrorKind::refused},
        {problem(403, "externalAccountRequired", ""), ErrorKind::refused},
        {problem(400, "badCSR", ""), ErrorKind::refused},
        {problem(400, "accountDoesNotExist", ""), ErrorKind::refused},
        {problem(403, "unauthorized", "deactivated"), ErrorKind::refused},
        {problem(429, "rateLimited", "", later), ErrorKind::rate_limited},
        {problem(429, "rateLimited", ""), ErrorKind::rate_limited},
        {problem(400, "rateLimited", ""), ErrorKind::rate_limited},
        {{429, {}, "<html>"}, ErrorKind::rate_limited},
        {{503, later, ""}, ErrorKind::rate_limited},
        {{503, {}, ""}, ErrorKind::protocol},
        {{500, later, ""}, ErrorKind::protocol},
        {{403, {}, "<html>"}, ErrorKind::protocol},
        {problem(500, "serverInternal", ""), ErrorKind::protocol},
        {problem(403, "orderNotReady", ""), ErrorKind::protocol},
        {problem(400, "malformed", ""), ErrorKind::protocol},
        {problem(400, "inventedTomorrow", ""), ErrorKind::protocol},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(error_of(c.response, kNow).kind, c.kind)
            << c.response.status << " " << c.response.body;
    }
}

TEST(AcmeError, OfAFailedValidationMayMendItself)
{
    Problem failed{"urn:ietf:params:acme:error:unauthorized", "404", "", {}};
    EXPECT_EQ(error_of(failed).kind, ErrorKind::protocol);
    EXPECT_EQ(error_of(failed).message,
              "urn:ietf:params:acme:error:unauthorized - 404");
    Problem caa{"urn:ietf:params:acme:error:caa", "forbidden", "", {}};
    EXPECT_EQ(error_of(caa).kind, ErrorKind::refused);
}

TEST(AcmeError, OneRefusedNameMakesARefusal)
{
    Problem compound{
        "urn:ietf:params:acme:error:compound",
        "",
        "",
        {{"urn:ietf:params:acme:error:dns", "SERVFAIL", "a.example"},
         {"urn:ietf:params:acme:error:caa", "no", "b.example"}}};
    EXPECT_EQ(error_of(compound).kind, ErrorKind::refused);
}

TEST(AcmeError, TellsWhenToComeBack)
{
    const auto day = 24h;
    struct {
        http::Response response;
        std::optional<base::Time> retry_at;
    } const cases[] = {
        {problem(429, "rateLimited", "Try again in 9s",
                 {{"retry-after", "86400"}}),
         kNow + day},
        {{503, {{"Retry-After", "Mon, 23 Nov 2026 00:02:00 GMT"}}, ""},
         kNow + 2min},
        // Google, without the header.
        {problem(429, "rateLimited",
                 "'default@gcp.api.pki.goog' is over quota (30 requests in 60 "
                 "seconds) for the given ACME resource: challenge. "
                 "Try again in 12.47s"),
         kNow + 12470ms},
        {problem(429, "rateLimited", "try again in 1e300s"), kNow + 7 * day},
        {problem(429, "rateLimited", "try again in -5s"), std::nullopt},
        {problem(429, "rateLimited", "try again in nans"), std::nullopt},
        {problem(429, "rateLimited", "try again in 5 minutes"),
         std::nullopt},
        // Let's Encrypt, should the header be lost on the way.
        {problem(429, "rateLimited",
                 "too many certificates (5) already issued for this exact "
                 "set of identifiers in the last 168h0m0s, retry after "
                 "2026-11-23 01:02:03 UTC: see https://letsencrypt.org/docs"),
         kNow + 1h + 2min + 3s},
        // Let's Encrypt, paused: a person has to go there.
        {problem(429, "rateLimited",
                 "Your account is temporarily prevented from requesting "
                 "certificates for a.example and possibly others. Please "
                 "visit: https://portal.letsencrypt.org/sfe/v1/unpause?jwt=e"),
         kNow + day},
        {problem(429, "rateLimited", "too much"), std::nullopt},
        {problem(400, "malformed", "try again in 5s"), std::nullopt},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(error_of(c.response, kNow).retry_at, c.retry_at)
            << c.response.body;
    }
}

TEST(AcmeProblem, IsFoundInErrorsOnly)
{
    const auto gone = problem(400, "accountDoesNotExist", "");
    ASSERT_TRUE(problem_of(gone));
    EXPECT_TRUE(is(*problem_of(gone), "accountDoesNotExist"));
    EXPECT_FALSE(is(*problem_of(gone), "account"));
    const http::Response challenge{
        200, {}, R"({"type":"http-01","status":"pending"})"};
    EXPECT_FALSE(problem_of(challenge)) << "its type is no problem's";
    Problem foreign{"about:blank", "", "", {}};
    EXPECT_FALSE(is(foreign, "about:blank"));
}

TEST(AcmeTransience, IsOfTheMomentNotOfTheRequest)
{
    EXPECT_TRUE(is_transient({500, {}, ""}));
    EXPECT_TRUE(is_transient({503, {}, "<html>"}));
    EXPECT_TRUE(is_transient({429, {}, ""}));
    EXPECT_TRUE(is_transient({408, {}, ""}));
    EXPECT_TRUE(is_transient(problem(400, "badNonce", "")));
    EXPECT_FALSE(is_transient(problem(400, "malformed", "")));
    EXPECT_FALSE(is_transient({200, {}, ""}));
    EXPECT_FALSE(is_transient({404, {}, ""}));
}

TEST(AcmePace, DoublesFromATenthOfASecondToHalfAMinute)
{
    Pace pace;
    const http::Response silent{200, {}, ""};
    EXPECT_EQ(pace.next(silent, kNow), 100ms);
    EXPECT_EQ(pace.next(silent, kNow), 200ms);
    EXPECT_EQ(pace.next(silent, kNow), 400ms);
    for (int i = 0; i < 20; ++i) {
        EXPECT_LE(pace.next(silent, kNow), 30s);
    }
    EXPECT_EQ(pace.next(silent, kNow), 30s);
}

TEST(AcmePace, ObeysTheCa)
{
    Pace pace;
    EXPECT_EQ(pace.next({200, {{"Retry-After", "3"}}, ""}, kNow), 3s);
    EXPECT_EQ(pace.next({200, {{"Retry-After", "86400"}}, ""}, kNow), 24h);
    EXPECT_EQ(pace.next({200,
                         {{"Retry-After", "Mon, 23 Nov 2026 00:00:05 GMT"}},
                         ""},
                        kNow),
              5s);
}

TEST(AcmePace, IsNotTalkedIntoATightLoop)
{
    Pace pace;
    const http::Response now{200, {{"Retry-After", "0"}}, ""};
    EXPECT_EQ(pace.next(now, kNow), 100ms);
    EXPECT_EQ(pace.next(now, kNow), 200ms);
}

TEST(AcmePace, RepeatsALostRequestFourTimes)
{
    Pace pace;
    EXPECT_EQ(pace.repeat(std::nullopt), 1s);
    EXPECT_EQ(pace.repeat(1ms), 2s) << "Retry-After wins upward only";
    EXPECT_EQ(pace.repeat(90s), 90s);
    EXPECT_EQ(pace.repeat(std::nullopt), 8s);
    EXPECT_EQ(pace.repeat(std::nullopt), std::nullopt);
    pace.succeeded();
    EXPECT_EQ(pace.repeat(std::nullopt), 1s);
}

}  // namespace
