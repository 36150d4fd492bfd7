// Cloudflare's API, byte for byte, and what its errors mean.

#include "dns/cloudflare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire.h"

namespace {

using namespace wire_test;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kApi = "https://api.cloudflare.com/client/v4";
const std::string kDigest = "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo";
const std::string kOther = "nN4Q8Uk7fE1Mu9bSaiYHfMVtbZSfYlyyVGmO4U-ulW8";
const dns::TxtRecord kRecord{"_acme-challenge.www.pium.life", kDigest};

std::string get(const std::string& path)
{
    return "GET " + kApi + path + "\nAuthorization: Bearer token-1\n\n";
}

std::string post_of(const std::string& value)
{
    return "POST " + kApi + "/zones/z1/dns_records\n"
           "Authorization: Bearer token-1\nContent-Type: application/json\n\n"
           R"({"content":"\")" + value + R"(\"","name":)"
           R"("_acme-challenge.www.pium.life","ttl":120,"type":"TXT"})";
}

std::string success(const std::string& result)
{
    return R"({"success":true,"errors":[],"messages":[],"result":)" + result
           + "}";
}

std::string failure(int code, const std::string& message)
{
    return R"({"success":false,"errors":[{"code":)" + std::to_string(code)
           + R"(,"message":")" + message
           + R"("}],"messages":[],"result":null})";
}

const std::string kNoZone = success("[]");
const std::string kZone = success(R"([{"id":"z1","name":"pium.life"}])");
const std::string kMade = success(R"({"id":"r1","type":"TXT"})");

class Cloudflare : public testing::Test {
protected:
    // The zone is found at the third look.
    void expect_zone()
    {
        wire.answer(200, kNoZone).answer(200, kNoZone).answer(200, kZone);
    }

    base::Error error_of(int status, const std::string& body,
                         http::Headers headers = {})
    {
        wire.answer(status, body, std::move(headers));
        return add();
    }

    base::Error add(const dns::TxtRecord& record = kRecord)
    {
        Ending ending;
        provider->add(record, ending.callback());
        wire.loop.run_until([&] { return ending.came(); });
        return ending.good() ? base::Error{base::ErrorKind::internal, "good"}
                             : ending.error();
    }

    base::Error remove(const dns::TxtRecord& record = kRecord)
    {
        Ending ending;
        provider->remove(record, ending.callback());
        wire.loop.run_until([&] { return ending.came(); });
        return ending.good() ? base::Error{base::ErrorKind::internal, "good"}
                             : ending.error();
    }

    // From here on only what is sent now counts.
    void skip() { wire.sent.clear(); }

    Wire wire;
    std::unique_ptr<dns::Cloudflare> provider =
        std::make_unique<dns::Cloudflare>(
            dns::CloudflareSettings{base::Secret("token-1")}, wire.client(),
            wire.loop);
};

TEST_F(Cloudflare, WalksUpToTheZoneAndMakesTheRecord)
{
    expect_zone();
    wire.answer(200, kMade);
    EXPECT_EQ(add().message, "good");
    EXPECT_THAT(
        wire.sent,
        ElementsAre(
            get("/zones?name=_acme-challenge.www.pium.life&per_page=50"),
            get("/zones?name=www.pium.life&per_page=50"),
            get("/zones?name=pium.life&per_page=50"), post_of(kDigest)));
}

TEST_F(Cloudflare, RemovesByTheIdThatItWasGiven)
{
    expect_zone();
    wire.answer(200, kMade).answer(200, success(R"({"id":"r1"})"));
    add();
    skip();
    EXPECT_EQ(remove().message, "good");
    EXPECT_THAT(wire.sent,
                ElementsAre("DELETE " + kApi
                            + "/zones/z1/dns_records/r1\n"
                              "Authorization: Bearer token-1\n\n"));
}

TEST_F(Cloudflare, LooksForARecordOfAnEarlierProcess)
{
    expect_zone();
    wire.answer(200, success(R"([{"id":"r7","content":")" + kOther + R"("},)"
                             R"({"id":"r8","content":"\")" + kDigest
                             + R"(\""}])"))
        .answer(200, success(R"({"id":"r8"})"));
    EXPECT_EQ(remove().message, "good");
    EXPECT_THAT(wire.sent[3], get("/zones/z1/dns_records?name=_acme-challenge."
                                  "www.pium.life&per_page=100&type=TXT"));
    EXPECT_THAT(wire.sent[4],
                HasSubstr("DELETE " + kApi + "/zones/z1/dns_records/r8\n"));
}

TEST_F(Cloudflare, FindsAValueThatStandsWithoutQuotes)
{
    expect_zone();
    wire.answer(200, success(R"([{"id":"r7","content":")" + kDigest
                             + R"("}])"))
        .answer(200, success(R"({"id":"r7"})"));
    EXPECT_EQ(remove().message, "good");
    EXPECT_THAT(wire.sent[4], HasSubstr("/dns_records/r7\n"));
}

TEST_F(Cloudflare, RemovingWhatIsNotThereIsFine)
{
    expect_zone();
    wire.answer(200, success("[]"));
    EXPECT_EQ(remove().message, "good");
    EXPECT_TRUE(wire.used_up());
}

TEST_F(Cloudflare, RemovingWhatAnotherHasRemovedIsFine)
{
    expect_zone();
    wire.answer(200, kMade)
        .answer(404, failure(81044, "Record does not exist."));
    add();
    EXPECT_EQ(remove().message, "good");
}

TEST_F(Cloudflare, AddingWhatIsThereIsFineAndItIsRemovedByTheList)
{
    expect_zone();
    wire.answer(400, failure(81058, "An identical record already exists."));
    EXPECT_EQ(add().message, "good");
    skip();
    wire.answer(200, success(R"([{"id":"r9","content":"\")" + kDigest
                             + R"(\""}])"))
        .answer(200, success(R"({"id":"r9"})"));
    EXPECT_EQ(remove().message, "good");
    EXPECT_THAT(wire.sent[1], HasSubstr("/dns_records/r9\n"));
}

TEST_F(Cloudflare, ApexAndWildcardAreTwoRecordsAtOneName)
{
    expect_zone();
    wire.answer(200, kMade).answer(200, success(R"({"id":"r2"})"));
    Ending first, second;
    provider->add(kRecord, first.callback());
    provider->add({kRecord.name, kOther}, second.callback());
    wire.loop.run_for(1s);
    EXPECT_TRUE(first.good() && second.good());
    EXPECT_EQ(wire.sent[3], post_of(kDigest));
    EXPECT_EQ(wire.sent[4], post_of(kOther));
    skip();
    wire.answer(200, success(R"({"id":"r2"})"));
    remove({kRecord.name, kOther});
    EXPECT_THAT(wire.sent, ElementsAre(HasSubstr("/dns_records/r2\n")));
}

TEST_F(Cloudflare, ARemovalWaitsForTheAdditionBeforeIt)
{
    expect_zone();
    wire.answer(200, kMade).answer(200, success(R"({"id":"r1"})"));
    Ending added, removed;
    provider->add(kRecord, added.callback());
    provider->remove(kRecord, removed.callback());
    wire.loop.run_for(1s);
    EXPECT_TRUE(added.good() && removed.good());
    EXPECT_THAT(wire.sent.back(), HasSubstr("DELETE "));
    EXPECT_THAT(wire.sent.back(), HasSubstr("/dns_records/r1\n"));
}

TEST_F(Cloudflare, KeepsTheZoneForAnHour)
{
    expect_zone();
    wire.answer(200, kMade).answer(200, kMade);
    add();
    skip();
    add();
    EXPECT_EQ(wire.sent.size(), 1u);
    wire.loop.run_for(1h);
    skip();
    expect_zone();
    wire.answer(200, kMade);
    add();
    EXPECT_EQ(wire.sent.size(), 4u);
}

TEST_F(Cloudflare, LooksForTheZoneAnewAfterAFailure)
{
    expect_zone();
    wire.answer(404, failure(7003, "Could not route to /zones/z1"));
    EXPECT_EQ(add().message,
              "Cloudflare: adding the TXT record "
              "_acme-challenge.www.pium.life: HTTP 404: Could not route to "
              "/zones/z1 (7003)");
    skip();
    expect_zone();
    wire.answer(200, kMade);
    EXPECT_EQ(add().message, "good");
    EXPECT_EQ(wire.sent.size(), 4u);
}

TEST_F(Cloudflare, NoZoneIsTheOperatorsBusiness)
{
    wire.answer(200, kNoZone).answer(200, kNoZone).answer(200, kNoZone);
    const auto error = add();
    EXPECT_EQ(error.kind, base::ErrorKind::config);
    EXPECT_THAT(error.message,
                HasSubstr("looking for the zone of _acme-challenge.www.pium."
                          "life: these credentials show no zone that it is "
                          "in"));
}

TEST_F(Cloudflare, AnAnswerForAnotherNameIsNotTheZone)
{
    wire.answer(200, success(R"([{"id":"z9","name":"evil.example"}])"))
        .answer(200, success(R"([{"id":"../z9","name":"www.pium.life"}])"))
        .answer(200, kZone).answer(200, kMade);
    EXPECT_EQ(add().message, "good");
    EXPECT_THAT(wire.sent.back(), HasSubstr("/zones/z1/dns_records"));
}

TEST_F(Cloudflare, RefusalsSayWhatTheTokenNeeds)
{
    for (const int status : {401, 403}) {
        const auto error =
            error_of(status, failure(10000, "Authentication error"));
        EXPECT_EQ(error.kind, base::ErrorKind::refused);
        EXPECT_EQ(error.message,
                  "Cloudflare: adding the TXT record "
                  "_acme-challenge.www.pium.life: looking for the zone of "
                  "_acme-challenge.www.pium.life: HTTP "
                      + std::to_string(status)
                      + ": Authentication error (10000); the API token needs "
                        "the permissions Zone:Read and DNS:Edit for the "
                        "zone");
    }
}

TEST_F(Cloudflare, AMalformedTokenIsARefusalToo)
{
    const auto error = error_of(
        400,
        R"({"success":false,"errors":[{"code":6003,"message":"Invalid )"
        R"(request headers","error_chain":[{"code":6111,"message":"Invalid )"
        R"(format for Authorization header"}]}],"result":null})");
    EXPECT_EQ(error.kind, base::ErrorKind::refused);
    EXPECT_THAT(error.message,
                HasSubstr("HTTP 400: Invalid request headers (6003), Invalid "
                          "format for Authorization header (6111); the API "
                          "token needs"));
}

TEST_F(Cloudflare, ATokenThatCouldBreakTheHeaderIsNotSent)
{
    for (const auto* token : {"", "token-1\n"}) {
        dns::Cloudflare other({base::Secret(token)}, wire.client(), wire.loop);
        Ending ending;
        other.add(kRecord, ending.callback());
        EXPECT_EQ(ending.error().kind, base::ErrorKind::config);
        EXPECT_THAT(ending.message(),
                    HasSubstr("the API token is empty or has characters that "
                              "none has"));
    }
    EXPECT_THAT(wire.sent, ElementsAre());
}

TEST_F(Cloudflare, LimitsSayWhenToComeBack)
{
    const auto told =
        error_of(429, failure(971, "Please wait"), {{"retry-after", "77"}});
    EXPECT_EQ(told.kind, base::ErrorKind::rate_limited);
    EXPECT_EQ(told.retry_at, wire.loop.now() + 77s);
    const auto untold = error_of(429, "");
    EXPECT_EQ(untold.kind, base::ErrorKind::rate_limited);
    EXPECT_EQ(untold.retry_at, wire.loop.now() + 5min);
}

TEST_F(Cloudflare, TroubleOfTheirsIsAPassingFailure)
{
    const auto down = error_of(500, failure(1, R"(boom\nX-Evil: 1\u001b[31m)"));
    EXPECT_EQ(down.kind, base::ErrorKind::protocol);
    EXPECT_THAT(down.message, HasSubstr("HTTP 500: boom X-Evil: 1?[31m (1)"));
    const auto html = error_of(502, "<html>Bad gateway</html>",
                               {{"Content-Type", "text/html"}});
    EXPECT_EQ(html.kind, base::ErrorKind::protocol);
    EXPECT_THAT(html.message,
                HasSubstr("HTTP 502 (text/html) without an explanation"));
    EXPECT_EQ(error_of(200, "<html>captive portal</html>").kind,
              base::ErrorKind::protocol);
    EXPECT_EQ(error_of(200, failure(9, "no")).kind,
              base::ErrorKind::protocol);
}

TEST_F(Cloudflare, NoAnswerIsANetworkError)
{
    wire.lose("operation timed out");
    const auto error = add();
    EXPECT_EQ(error.kind, base::ErrorKind::network);
    EXPECT_THAT(error.message, HasSubstr("operation timed out"));
}

TEST_F(Cloudflare, AFailureDoesNotHoldUpWhatComesAfterIt)
{
    wire.lose();
    expect_zone();
    wire.answer(200, kMade);
    Ending first, second;
    provider->add(kRecord, first.callback());
    provider->add(kRecord, second.callback());
    wire.loop.run_for(1s);
    EXPECT_TRUE(first.came() && !first.good());
    EXPECT_TRUE(second.good());
}

TEST_F(Cloudflare, DestroyingItDropsWhatIsPending)
{
    expect_zone();
    wire.answer(200, kMade);
    Ending ending;
    provider->add(kRecord, ending.callback());
    wire.loop.run_for(15ms);
    provider.reset();
    wire.loop.run_for(1min);
    EXPECT_FALSE(ending.came());
}

}  // namespace
