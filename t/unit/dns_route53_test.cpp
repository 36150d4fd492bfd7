// Route 53's API, byte for byte: a record set is read, changed and written as
// a whole, and what is written must arrive everywhere.

#include "dns/route53.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire.h"

namespace {

using namespace wire_test;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kApi = "https://route53.amazonaws.com/2013-04-01";
const std::string kDigest = "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo";
const std::string kOther = "nN4Q8Uk7fE1Mu9bSaiYHfMVtbZSfYlyyVGmO4U-ulW8";
const std::string kName = "_acme-challenge.example.com";
const dns::TxtRecord kRecord{kName, kDigest};
const dns::TxtRecord kSecond{kName, kOther};

const std::string kSigned = "(signed us-east-1/route53 AKID SECRET/+=)\n";

std::string get(const std::string& path)
{
    return "GET " + kApi + path + "\n" + kSigned + "\n";
}

std::string post(const std::string& action, const std::string& values,
                 const std::string& ttl = "60")
{
    return "POST " + kApi + "/hostedzone/Z1/rrset/\n" + kSigned
           + "Content-Type: application/xml\n\n"
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<ChangeResourceRecordSetsRequest xmlns=\"https://route53."
             "amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes><Change>"
             "<Action>" + action + "</Action><ResourceRecordSet>"
             "<Name>_acme-challenge.example.com.</Name><Type>TXT</Type>"
             "<TTL>" + ttl + "</TTL><ResourceRecords>" + values
           + "</ResourceRecords></ResourceRecordSet></Change></Changes>"
             "</ChangeBatch></ChangeResourceRecordSetsRequest>";
}

std::string value(const std::string& text)
{
    return "<ResourceRecord><Value>" + text + "</Value></ResourceRecord>";
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string zone(const std::string& id, const std::string& name,
                 bool is_private = false)
{
    return "<HostedZone><Id>/hostedzone/" + id + "</Id><Name>" + name
           + "</Name><CallerReference>x</CallerReference><Config>"
             "<PrivateZone>" + (is_private ? "true" : "false")
           + "</PrivateZone></Config></HostedZone>";
}

std::string zones(const std::string& list)
{
    return "<?xml version=\"1.0\"?>\n<ListHostedZonesByNameResponse "
           "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">"
           "<HostedZones>" + list + "</HostedZones><IsTruncated>false"
           "</IsTruncated></ListHostedZonesByNameResponse>";
}

std::string sets(const std::string& list)
{
    return "<?xml version=\"1.0\"?>\n<ListResourceRecordSetsResponse>"
           "<ResourceRecordSets>" + list + "</ResourceRecordSets>"
           "<MaxItems>1</MaxItems></ListResourceRecordSetsResponse>";
}

std::string set_of(const std::string& values, const std::string& ttl = "60",
                   const std::string& name = kName + ".")
{
    return sets("<ResourceRecordSet><Name>" + name + "</Name><Type>TXT</Type>"
                "<TTL>" + ttl + "</TTL><ResourceRecords>" + values
                + "</ResourceRecords></ResourceRecordSet>");
}

std::string change(const std::string& status, const std::string& id = "C1")
{
    return "<?xml version=\"1.0\"?>\n<ChangeResourceRecordSetsResponse>"
           "<ChangeInfo><Id>/change/" + id + "</Id><Status>" + status
           + "</Status><SubmittedAt>2026-11-23T00:00:00Z</SubmittedAt>"
             "</ChangeInfo></ChangeResourceRecordSetsResponse>";
}

std::string failure(const std::string& code, const std::string& message = "")
{
    return "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"https://route53."
           "amazonaws.com/doc/2013-04-01/\"><Error><Type>Sender</Type><Code>"
           + code + "</Code><Message>" + message + "</Message></Error>"
           "<RequestId>r</RequestId></ErrorResponse>";
}

const std::string kNoSets = sets("");
const std::string kPending = change("PENDING");
const std::string kInSync = change("INSYNC");

const aws::Environment kKeys = {{"AWS_ACCESS_KEY_ID", "AKID"},
                                {"AWS_SECRET_ACCESS_KEY", "SECRET/+="}};

class Route53 : public testing::Test {
protected:
    explicit Route53(const std::string& zone_id = "",
                     const aws::Environment& environment = kKeys)
        : provider(std::make_unique<dns::Route53>(
            dns::Route53Settings{zone_id, environment}, wire.client(),
            aws::Ports{wire.loop, wire.loop, wire.random}))
    {}

    std::string add(const dns::TxtRecord& record = kRecord)
    {
        last = Ending();
        provider->add(record, last.callback());
        wire.loop.run_until([&] { return last.came(); });
        return last.good() ? "good" : last.message();
    }

    std::string remove(const dns::TxtRecord& record = kRecord)
    {
        last = Ending();
        provider->remove(record, last.callback());
        wire.loop.run_until([&] { return last.came(); });
        return last.good() ? "good" : last.message();
    }

    Wire wire;
    std::unique_ptr<dns::Route53> provider;
    Ending last;
};

// Most tests are not about finding the zone.
class Route53Zone : public Route53 {
protected:
    Route53Zone() : Route53("/hostedzone/Z1") {}
};

// --- the zone --------------------------------------------------------------

TEST_F(Route53, WalksUpToThePublicZoneOfThatVeryName)
{
    wire.answer(200, zones(zone("Z8", "x.example.com.")))
        .answer(200, zones(zone("Z2", "example.com.", true)
                           + zone("Z1", "example.com.")
                           + zone("Z3", "example.com.evil.net.")
                           + zone("Z4", "example.como")))
        .answer(200, kNoSets).answer(200, kPending).answer(200, kInSync);
    EXPECT_EQ(add(), "good");
    EXPECT_THAT(
        wire.sent,
        ElementsAre(
            get("/hostedzonesbyname?dnsname=" + kName + "&maxitems=100"),
            get("/hostedzonesbyname?dnsname=example.com&maxitems=100"),
            get("/hostedzone/Z1/rrset?maxitems=1&name=" + kName
                + "&type=TXT"),
            post("UPSERT", value(quoted(kDigest))), get("/change/C1")));
}

TEST_F(Route53, KnowsTheZoneFromThenOn)
{
    wire.answer(200, zones("")).answer(200, zones(zone("Z1", "example.com.")))
        .answer(200, kNoSets).answer(200, kPending).answer(200, kInSync);
    add();
    wire.sent.clear();
    wire.answer(200, set_of(value(quoted(kDigest)))).answer(200, kPending);
    EXPECT_EQ(remove(), "good");
    EXPECT_EQ(wire.sent.size(), 2u);
}

TEST_F(Route53, TwoPublicZonesOfOneNameMustBeToldApart)
{
    wire.answer(200, zones("")).answer(200, zones(zone("Z1", "example.com.")
                                                  + zone("Z2",
                                                         "example.com.")));
    EXPECT_THAT(add(), HasSubstr("there are several public hosted zones "
                                 "example.com: the one to use must be named "
                                 "by its id"));
    EXPECT_EQ(last.error().kind, base::ErrorKind::config);
}

TEST_F(Route53, NoZoneIsTheOperatorsBusiness)
{
    wire.answer(200, zones(zone("Z2", "_acme-challenge.example.com.", true)))
        .answer(200, zones(""));
    EXPECT_EQ(add(), "Route 53: adding the TXT record " + kName
                         + ": looking for the zone of " + kName
                         + ": these credentials show no zone that it is in");
    EXPECT_EQ(last.error().kind, base::ErrorKind::config);
}

class Route53BadZone : public Route53 {
protected:
    Route53BadZone() : Route53("Z1?x=1") {}
};

TEST_F(Route53BadZone, IsNotPutIntoAUrl)
{
    EXPECT_EQ(add(), "Route 53: adding the TXT record " + kName
                         + ": \"Z1?x=1\" is no id of a hosted zone");
    EXPECT_THAT(wire.sent, ElementsAre());
}

class Route53Token : public Route53 {
protected:
    Route53Token()
        : Route53("Z1", {{"AWS_ACCESS_KEY_ID", "AKID"},
                         {"AWS_SECRET_ACCESS_KEY", "SECRET/+="},
                         {"AWS_SESSION_TOKEN", "SESSION"}})
    {}
};

TEST_F(Route53Token, GoesAlongAsAHeader)
{
    wire.answer(200, kNoSets);
    EXPECT_EQ(remove(), "good");
    EXPECT_THAT(wire.sent,
                ElementsAre("GET " + kApi + "/hostedzone/Z1/rrset?maxitems=1"
                            "&name=" + kName + "&type=TXT\n" + kSigned
                            + "X-Amz-Security-Token: SESSION\n\n"));
}

// --- the record set --------------------------------------------------------

TEST_F(Route53Zone, KeepsOtherValuesAndTheirTtl)
{
    const auto others = value("\"v=1 &lt;&amp;&gt;\"")
                        + value("\"one\" \"two\"");
    wire.answer(200, set_of(others, "300")).answer(200, kPending)
        .answer(200, kInSync);
    EXPECT_EQ(add(), "good");
    EXPECT_EQ(wire.sent[1],
              post("UPSERT", others + value(quoted(kDigest)), "300"));
}

TEST_F(Route53Zone, IsNotMisledByTheNextName)
{
    wire.answer(200, set_of(value("\"x\""), "60", "b.example.com."))
        .answer(200, kPending).answer(200, kInSync);
    EXPECT_EQ(add(), "good");
    EXPECT_EQ(wire.sent[1], post("UPSERT", value(quoted(kDigest))));
}

TEST_F(Route53Zone, AddingWhatIsThereWaitsUntilItIsEverywhere)
{
    wire.answer(200, set_of(value(quoted(kDigest)))).answer(200, kPending)
        .answer(200, kPending).answer(200, kInSync);
    EXPECT_EQ(add(), "good");
    EXPECT_EQ(wire.sent[1], post("UPSERT", value(quoted(kDigest))));
    EXPECT_EQ(wire.sent.size(), 4u);
}

TEST_F(Route53Zone, RemovingTheLastValueRemovesTheSetAsItIs)
{
    wire.answer(200, set_of(value(quoted(kDigest)), "17"))
        .answer(200, kPending);
    EXPECT_EQ(remove(), "good");
    EXPECT_EQ(wire.sent[1], post("DELETE", value(quoted(kDigest)), "17"));
}

TEST_F(Route53Zone, RemovingLeavesTheOthers)
{
    wire.answer(200, set_of(value(quoted(kOther)) + value(quoted(kDigest))))
        .answer(200, kPending);
    EXPECT_EQ(remove(), "good");
    EXPECT_EQ(wire.sent[1], post("UPSERT", value(quoted(kOther))));
}

TEST_F(Route53Zone, RemovingWhatIsNotThereIsFine)
{
    wire.answer(200, set_of(value(quoted(kOther))));
    EXPECT_EQ(remove(), "good");
    EXPECT_EQ(wire.sent.size(), 1u);
}

TEST_F(Route53Zone, ApexAndWildcardDoNotOverwriteEachOther)
{
    wire.answer(200, kNoSets)
        .answer(200, change("PENDING", "C1"))
        .answer(200, set_of(value(quoted(kDigest))))
        .answer(200, change("PENDING", "C2"))
        .answer(200, kInSync).answer(200, kInSync);
    Ending first, second;
    provider->add(kRecord, first.callback());
    provider->add(kSecond, second.callback());
    wire.loop.run_for(10s);
    EXPECT_TRUE(first.good() && second.good());
    const auto read = get("/hostedzone/Z1/rrset?maxitems=1&name=" + kName
                          + "&type=TXT");
    EXPECT_THAT(wire.sent,
                ElementsAre(read, post("UPSERT", value(quoted(kDigest))),
                            read,
                            post("UPSERT", value(quoted(kDigest))
                                               + value(quoted(kOther))),
                            get("/change/C1"), get("/change/C2")));
}

TEST_F(Route53Zone, OtherNamesDoNotWait)
{
    wire.keep_silent().answer(200, kNoSets);
    Ending first, second;
    provider->add(kRecord, first.callback());
    provider->remove({"_acme-challenge.b.example.com", kDigest},
                     second.callback());
    wire.loop.run_for(1s);
    EXPECT_FALSE(first.came());
    EXPECT_TRUE(second.good());
}

TEST_F(Route53Zone, WhatIsNoPlainSetIsLeftAlone)
{
    for (const std::string more :
         {"<SetIdentifier>blue</SetIdentifier><Weight>1</Weight>",
          "<AliasTarget><DNSName>x.</DNSName></AliasTarget>"})
    {
        wire.answer(200, sets("<ResourceRecordSet><Name>" + kName
                              + ".</Name><Type>TXT</Type>" + more
                              + "<TTL>60</TTL></ResourceRecordSet>"));
        EXPECT_THAT(add(), HasSubstr("an alias or has a routing policy"));
        EXPECT_EQ(last.error().kind, base::ErrorKind::config);
    }
}

TEST_F(Route53Zone, LooksAgainWhenSomebodyElseWasQuicker)
{
    wire.answer(200, set_of(value(quoted(kDigest))))
        .answer(400, "<InvalidChangeBatch><Messages><Message>not found"
                     "</Message></Messages></InvalidChangeBatch>")
        .answer(200, set_of(value(quoted(kDigest)) + value("\"x\"")))
        .answer(200, kPending);
    EXPECT_EQ(remove(), "good");
    EXPECT_EQ(wire.sent[3], post("UPSERT", value("\"x\"")));
}

TEST_F(Route53Zone, DoesNotLookAgainForEver)
{
    for (int i = 0; i < 3; ++i) {
        wire.answer(200, set_of(value(quoted(kDigest))))
            .answer(400, failure("InvalidChangeBatch", "[not found]"));
    }
    EXPECT_THAT(remove(),
                HasSubstr("HTTP 400 InvalidChangeBatch - [not found]"));
    EXPECT_TRUE(wire.used_up());
}

// --- being told to wait ----------------------------------------------------

TEST_F(Route53Zone, RepeatsWhatIsThrottledWithGrowingPauses)
{
    wire.answer(400, failure("Throttling", "Rate exceeded"))
        .answer(400, failure("Throttling", "Rate exceeded"))
        .answer(503, "<html/>")
        .answer(200, kNoSets)
        .answer(400, failure("PriorRequestNotComplete"))
        .answer(200, kPending).answer(200, kInSync);
    const auto begin = wire.loop.now();
    EXPECT_EQ(add(), "good");
    EXPECT_TRUE(wire.used_up());
    // 1 + 2 + 4, 1, and the look at the change.
    EXPECT_GE(wire.loop.now() - begin, 12s);
    EXPECT_LT(wire.loop.now() - begin, 13s);
}

TEST_F(Route53Zone, GivesUpWhenItIsThrottledTooOften)
{
    for (int i = 0; i < 5; ++i) {
        wire.answer(400, failure("Throttling", "Rate exceeded"));
    }
    EXPECT_THAT(add(), HasSubstr("HTTP 400 Throttling - Rate exceeded"));
    EXPECT_EQ(last.error().kind, base::ErrorKind::rate_limited);
    EXPECT_TRUE(wire.used_up());
}

TEST_F(Route53Zone, InSyncThatNeverComesIsAFailure)
{
    wire.answer(200, kNoSets).answer(200, kPending);
    for (int i = 0; i < 20; ++i) {
        wire.answer(200, kPending).lose();
    }
    wire.keep_silent();
    const auto begin = wire.loop.now();
    EXPECT_EQ(add(), "Route 53: adding the TXT record " + kName
                         + ": change C1 is not in sync after 3 min");
    EXPECT_EQ(last.error().kind, base::ErrorKind::protocol);
    EXPECT_TRUE(wire.used_up());
    EXPECT_LT(wire.loop.now() - begin, 181s);
    // What comes after that finds nothing.
    wire.loop.run_for(1min);
}

TEST_F(Route53Zone, OneLookThatGotNoAnswerIsNoFailure)
{
    wire.answer(200, kNoSets).answer(200, kPending).lose()
        .answer(200, kInSync);
    EXPECT_EQ(add(), "good");
}

// --- refusals --------------------------------------------------------------

TEST_F(Route53Zone, RefusalsSayWhatTheCredentialsNeed)
{
    wire.answer(403, failure("AccessDenied", "User x may\n not"));
    EXPECT_EQ(add(), "Route 53: adding the TXT record " + kName
                         + ": HTTP 403 AccessDenied - User x may  not; the "
                           "credentials need route53:ListHostedZonesByName, "
                           "ListResourceRecordSets, ChangeResourceRecordSets "
                           "and GetChange");
    EXPECT_EQ(last.error().kind, base::ErrorKind::refused);
    wire.answer(401, failure("SignatureDoesNotMatch"));
    add();
    EXPECT_EQ(last.error().kind, base::ErrorKind::refused);
}

TEST_F(Route53Zone, AZoneThatIsGoneIsARefusal)
{
    wire.answer(404, failure("NoSuchHostedZone", "No hosted zone Z1"));
    EXPECT_THAT(add(), HasSubstr("HTTP 404 NoSuchHostedZone - No hosted "
                                 "zone Z1"));
    EXPECT_EQ(last.error().kind, base::ErrorKind::refused);
}

TEST_F(Route53Zone, WhatIsNotAwsIsAPassingFailure)
{
    wire.answer(404, "<html><body>proxy</body></html>",
                {{"Content-Type", "text/html"}});
    EXPECT_THAT(add(), HasSubstr("HTTP 404 (text/html) without AWS' own "
                                 "words"));
    EXPECT_EQ(last.error().kind, base::ErrorKind::protocol);
    wire.answer(200, "<!DOCTYPE html><html>captive portal</html>");
    EXPECT_THAT(add(), HasSubstr("no well-formed XML"));
    EXPECT_EQ(last.error().kind, base::ErrorKind::protocol);
}

TEST_F(Route53Zone, AChangeWhoseAnswerIsLostIsNotRepeated)
{
    wire.answer(200, kNoSets).lose();
    add();
    EXPECT_EQ(last.error().kind, base::ErrorKind::network);
    EXPECT_TRUE(wire.used_up());
}

TEST_F(Route53Zone, AnAnswerThatDoesNotComeIsNotAwaitedForEver)
{
    wire.keep_silent();
    const auto begin = wire.loop.now();
    EXPECT_THAT(add(), HasSubstr("no answer within 30 s"));
    EXPECT_EQ(last.error().kind, base::ErrorKind::network);
    EXPECT_EQ(wire.loop.now() - begin, 30s);
}

class Route53NoKeys : public Route53 {
protected:
    Route53NoKeys()
        : Route53("Z1", {{"AWS_ACCESS_KEY_ID", "A KEY"}})
    {}
};

TEST_F(Route53NoKeys, SaysWhatIsWrongWithThem)
{
    EXPECT_EQ(add(), "Route 53: adding the TXT record " + kName
                         + ": no AWS credentials: environment: the access "
                           "key id is missing or malformed");
    EXPECT_THAT(wire.sent, ElementsAre());
}

TEST_F(Route53Zone, DestroyingItDropsWhatIsPending)
{
    wire.answer(200, kNoSets).answer(200, kPending);
    Ending ending;
    provider->add(kRecord, ending.callback());
    wire.loop.run_for(1s);
    provider.reset();
    wire.loop.run_for(1min);
    EXPECT_FALSE(ending.came());
}

}  // namespace
