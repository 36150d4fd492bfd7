// acme-dns for many domains: a registration for each, kept before it is told.

#include "dns/acme_dns_server.h"

#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire.h"

namespace {

using namespace wire_test;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kDigest = "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo";

std::string registered(const std::string& name)
{
    return R"({"allowfrom":[],"fulldomain":")" + name
        + R"(.Auth.example.org","password":"p-)" + name
        + R"(","subdomain":")" + name + R"(","username":"u-)" + name
        + R"("})";
}

class AcmeDnsServer : public testing::Test {
protected:
    // Where the records of the domain are to be, or what is wrong.
    std::string place(const std::string& domain)
    {
        std::optional<std::string> answer;
        server.place(domain, [&](base::Result<std::string> placed) {
            answer = placed ? *placed : placed.error().message;
        });
        wire.loop.run_until([&] { return answer.has_value(); });
        return answer.value_or("it never ends");
    }

    std::string add(const std::string& name)
    {
        Ending ending;
        server.add({name, kDigest}, ending.callback());
        wire.loop.run_until([&] { return ending.came(); });
        return ending.good() ? "good" : ending.message();
    }

    Wire wire;
    std::map<std::string, std::string> stored;
    base::Status load_result = base::ok();
    dns::AcmeDnsServer server{
        "https://auth.example.org",
        {},
        {[this](const std::string& domain)
             -> base::Result<std::optional<dns::AcmeDnsRegistration>> {
             using Found = std::optional<dns::AcmeDnsRegistration>;
             if (!load_result) {
                 return load_result.error();
             }
             return stored.contains(domain)
                 ? Found(*dns::decode_registration(stored[domain]))
                 : Found();
         },
         [this](const std::string& domain,
                const dns::AcmeDnsRegistration& registration) {
             stored[domain] = dns::encode(registration).reveal();
             return base::ok();
         }},
        [this] { return wire.client(); },
        wire.loop};
};

TEST_F(AcmeDnsServer, RegistersEachDomainOnceAndKeepsIt)
{
    wire.answer(201, registered("one")).answer(201, registered("two"));
    EXPECT_EQ(place("a.example"), "one.auth.example.org");
    EXPECT_EQ(stored.size(), 1u);
    EXPECT_EQ(place("b.example"), "two.auth.example.org");
    EXPECT_EQ(place("a.example"), "one.auth.example.org");
    EXPECT_EQ(wire.sent.size(), 2u);
    EXPECT_THAT(stored["b.example"], HasSubstr("u-two"));
}

TEST_F(AcmeDnsServer, TakesWhatIsStored)
{
    stored["a.example"] = registered("old");
    EXPECT_EQ(place("a.example"), "old.auth.example.org");
    EXPECT_THAT(wire.sent, ElementsAre());
}

TEST_F(AcmeDnsServer, WritesWithTheRegistrationOfThePlace)
{
    stored["a.example"] = registered("one");
    stored["b.example"] = registered("two");
    place("a.example");
    place("b.example");
    wire.answer(200, R"({"txt": ")" + kDigest + R"("})");
    EXPECT_EQ(add("two.auth.example.org"), "good");
    EXPECT_THAT(wire.sent[0], HasSubstr("X-Api-User: u-two"));
    EXPECT_THAT(add("three.auth.example.org"),
                HasSubstr("no registration is known"));
    for (const auto* name : {"two.auth.example.org", "three.auth.example.org"}) {
        Ending ending;
        server.remove({name, kDigest}, ending.callback());
        EXPECT_TRUE(ending.good());
    }
    EXPECT_EQ(wire.sent.size(), 1u);
}

TEST_F(AcmeDnsServer, WhatCannotBeReadIsNotRegisteredAnew)
{
    load_result = base::Error{base::ErrorKind::storage, "input/output error"};
    EXPECT_EQ(place("a.example"),
              "reading the registration: input/output error");
    EXPECT_THAT(wire.sent, ElementsAre());
    load_result = base::ok();
    wire.answer(500, R"({"error":"db_error"})");
    EXPECT_THAT(place("a.example"), HasSubstr("db_error"));
    wire.answer(201, registered("one"));
    EXPECT_EQ(place("a.example"), "one.auth.example.org");
}

}  // namespace
