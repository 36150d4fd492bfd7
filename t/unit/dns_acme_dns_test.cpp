// acme-dns, byte for byte, and that a registration is never lost.

#include "dns/acme_dns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire.h"

namespace {

using namespace wire_test;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kDigest = "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo";
const std::string kOther = "nN4Q8Uk7fE1Mu9bSaiYHfMVtbZSfYlyyVGmO4U-ulW8";
const dns::TxtRecord kRecord{"_acme-challenge.www.pium.life", kDigest};
const dns::TxtRecord kSecond{"_acme-challenge.www.pium.life", kOther};

const std::string kStored =
    R"({"fulldomain":"8e57.auth.example.org","password":"htB9mR9D",)"
    R"("subdomain":"8e57","username":"c36f"})";

const std::string kRegistered =
    R"({"allowfrom":[],"fulldomain":"8e57.auth.example.org",)"
    R"("password":"htB9mR9D","subdomain":"8e57","username":"c36f"})";

std::string register_with(const std::string& body)
{
    return "POST https://auth.example.org/register\n"
           "Content-Type: application/json\n\n" + body;
}

std::string update_to(const std::string& value)
{
    return "POST https://auth.example.org/update\n"
           "X-Api-User: c36f\nX-Api-Key: htB9mR9D\n"
           "Content-Type: application/json\n\n"
           R"({"subdomain":"8e57","txt":")" + value + R"("})";
}

std::string taken(const std::string& value)
{
    return R"({"txt": ")" + value + R"("})";
}

class AcmeDns : public testing::Test {
protected:
    void be_registered()
    {
        settings.registration = *dns::decode_registration(kStored);
    }

    dns::AcmeDns& provider()
    {
        if (!provider_) {
            settings.save = [this](const dns::AcmeDnsRegistration& r) {
                requests_at_save = wire.sent.size();
                saved.emplace_back(dns::encode(r).reveal());
                return save_result;
            };
            provider_ = std::make_unique<dns::AcmeDns>(
                std::move(settings), wire.client(), wire.loop);
        }
        return *provider_;
    }

    std::string add(const dns::TxtRecord& record = kRecord)
    {
        last = Ending();
        provider().add(record, last.callback());
        wire.loop.run_until([&] { return last.came(); });
        return last.good() ? "good" : last.message();
    }

    Wire wire;
    dns::AcmeDnsSettings settings{"https://auth.example.org", {}, {}, {}};
    base::Status save_result = base::ok();
    std::vector<std::string> saved;
    std::size_t requests_at_save = 0;
    Ending last;

private:
    std::unique_ptr<dns::AcmeDns> provider_;
};

TEST_F(AcmeDns, UpdatesWithTheKeysOfItsRegistration)
{
    be_registered();
    wire.answer(200, taken(kDigest));
    EXPECT_EQ(add(), "good");
    EXPECT_THAT(wire.sent, ElementsAre(update_to(kDigest)));
    EXPECT_THAT(saved, ElementsAre());
}

TEST_F(AcmeDns, RegistersOnceAndKeepsItBeforeAnythingElse)
{
    wire.answer(201, kRegistered).answer(200, taken(kDigest))
        .answer(200, taken(kOther));
    EXPECT_EQ(add(), "good");
    EXPECT_EQ(add(kSecond), "good");
    EXPECT_THAT(wire.sent, ElementsAre(register_with("{}"),
                                       update_to(kDigest),
                                       update_to(kOther)));
    EXPECT_THAT(saved, ElementsAre(kStored));
    EXPECT_EQ(requests_at_save, 1u);
    EXPECT_EQ(provider().registration()->fulldomain, "8e57.auth.example.org");
}

TEST_F(AcmeDns, ApexAndWildcardAtOnceRegisterOnce)
{
    wire.answer(201, kRegistered).answer(200, taken(kDigest))
        .answer(200, taken(kOther));
    Ending first, second;
    provider().add(kRecord, first.callback());
    provider().add(kSecond, second.callback());
    wire.loop.run_for(1s);
    EXPECT_TRUE(first.good() && second.good());
    EXPECT_EQ(saved.size(), 1u);
}

TEST_F(AcmeDns, SaysWhoMayWrite)
{
    settings.server += "/";
    settings.allow_from = {"192.0.2.0/24", "2001:db8::/32"};
    wire.answer(201, kRegistered).answer(200, taken(kDigest));
    add();
    EXPECT_EQ(wire.sent[0],
              register_with(
                  R"({"allowfrom":["192.0.2.0/24","2001:db8::/32"]})"));
}

TEST_F(AcmeDns, ARegistrationThatCannotBeKeptIsNotUsed)
{
    save_result = base::Error{base::ErrorKind::storage, "no space left"};
    wire.answer(201, kRegistered);
    EXPECT_EQ(add(), "acme-dns: registering: keeping the registration: no "
                     "space left");
    EXPECT_EQ(last.error().kind, base::ErrorKind::storage);
    EXPECT_EQ(wire.sent.size(), 1u);
    EXPECT_FALSE(provider().registration());
    save_result = base::ok();
    wire.answer(201, kRegistered).answer(200, taken(kDigest));
    EXPECT_EQ(add(), "good");
}

TEST_F(AcmeDns, WhatIsStoredIsWhatIsRead)
{
    EXPECT_EQ(dns::encode(*dns::decode_registration(kRegistered)).reveal(),
              kStored);
}

TEST_F(AcmeDns, ARegistrationThatCouldBreakAHeaderIsNone)
{
    const auto spoilt = dns::decode_registration(
        R"({"fulldomain":"a.b","password":"x\r\nHost: evil",)"
        R"("subdomain":"a","username":"u"})");
    EXPECT_FALSE(spoilt);
    EXPECT_EQ(spoilt.error().message, "\"password\" is malformed");
    EXPECT_FALSE(dns::decode_registration(R"({"fulldomain":"a.b"})"));
    EXPECT_FALSE(dns::decode_registration("<html>"));
}

TEST_F(AcmeDns, RemovingIsNothing)
{
    be_registered();
    Ending ending;
    provider().remove(kRecord, ending.callback());
    EXPECT_TRUE(ending.good());
    EXPECT_THAT(wire.sent, ElementsAre());
}

TEST_F(AcmeDns, AValueThatIsNoDigestIsNotSent)
{
    be_registered();
    EXPECT_THAT(add({kRecord.name, "short"}),
                HasSubstr("not a digest of 43 characters"));
    EXPECT_EQ(last.error().kind, base::ErrorKind::internal);
    EXPECT_THAT(wire.sent, ElementsAre());
}

TEST_F(AcmeDns, ARefusedRegistrationIsSaidToBe)
{
    be_registered();
    wire.answer(401, R"({"error":"forbidden"})");
    EXPECT_EQ(add(), "acme-dns: updating _acme-challenge.www.pium.life: HTTP "
                     "401: forbidden; the server does not know this "
                     "registration any more, or allows it from other "
                     "addresses only");
    EXPECT_EQ(last.error().kind, base::ErrorKind::refused);
}

TEST_F(AcmeDns, WhoMayNotRegisterHasNoRegistrationToLose)
{
    wire.answer(401, R"({"error":"forbidden"})");
    EXPECT_EQ(add(), "acme-dns: registering: HTTP 401: forbidden");
}

TEST_F(AcmeDns, ErrorsAreToldInItsOwnWords)
{
    struct Case {
        int status;
        std::string body;
        base::ErrorKind kind;
        std::string said;
    };
    const Case cases[] = {
        {400, R"({"error":"bad_txt"})", base::ErrorKind::protocol,
         "HTTP 400: bad_txt"},
        {403, "", base::ErrorKind::refused, "HTTP 403 (text/html) without"},
        {429, "", base::ErrorKind::rate_limited, "HTTP 429 (text/html)"},
        {500, R"({"error":"db_error"})", base::ErrorKind::protocol,
         "HTTP 500: db_error"},
        {502, "<html>Bad gateway</html>", base::ErrorKind::protocol,
         "HTTP 502 (text/html) without an explanation"},
        {200, "<html>captive portal</html>", base::ErrorKind::protocol,
         "the server has not taken the value"},
        {200, taken(kOther), base::ErrorKind::protocol,
         "the server has not taken the value"},
    };
    be_registered();
    for (const auto& each : cases) {
        wire.answer(each.status, each.body, {{"Content-Type", "text/html"}});
        EXPECT_THAT(add(), HasSubstr(each.said));
        EXPECT_EQ(last.error().kind, each.kind) << each.said;
    }
}

TEST_F(AcmeDns, AFailedRegistrationIsTriedAgainNextTime)
{
    wire.answer(500, R"({"error":"db_error"})").lose();
    EXPECT_EQ(add(), "acme-dns: registering: HTTP 500: db_error");
    EXPECT_EQ(add(), "acme-dns: registering: connection reset");
    wire.answer(201, "<html>").answer(201, kRegistered)
        .answer(200, taken(kDigest));
    EXPECT_EQ(add(), "acme-dns: registering: no JSON");
    EXPECT_EQ(add(), "good");
}

}  // namespace
