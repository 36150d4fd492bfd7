// What CAs send, as it goes into plain values: bodies copied from Boulder,
// Pebble 2.4 and 2.10, and from CAs that keep less close to the book.

#include "acme/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace acme;
using std::chrono::sys_days;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

base::Identifier dns(const char* name)
{
    return {base::Identifier::Type::dns, name};
}

constexpr const char* kLetsEncryptDirectory = R"({
  "FYFbXRlp_2M": "https://community.letsencrypt.org/t/adding-random/33417",
  "keyChange": "https://acme-v02.api.letsencrypt.org/acme/key-change",
  "meta": {
    "caaIdentities": ["letsencrypt.org"],
    "profiles": {
      "classic": "https://letsencrypt.org/docs/profiles#classic",
      "shortlived": "https://letsencrypt.org/docs/profiles#shortlived"
    },
    "termsOfService": "https://letsencrypt.org/documents/LE-SA-v1.6.pdf",
    "website": "https://letsencrypt.org"
  },
  "newAccount": "https://acme-v02.api.letsencrypt.org/acme/new-acct",
  "newNonce": "https://acme-v02.api.letsencrypt.org/acme/new-nonce",
  "newOrder": "https://acme-v02.api.letsencrypt.org/acme/new-order",
  "renewalInfo": "https://acme-v02.api.letsencrypt.org/acme/renewal-info",
  "revokeCert": "https://acme-v02.api.letsencrypt.org/acme/revoke-cert"
})";

TEST(AcmeDirectory, OfLetsEncrypt)
{
    const auto directory = decode_directory(kLetsEncryptDirectory);
    ASSERT_TRUE(directory);
    const std::string base = "https://acme-v02.api.letsencrypt.org/acme/";
    EXPECT_EQ(directory->new_nonce, base + "new-nonce");
    EXPECT_EQ(directory->new_account, base + "new-acct");
    EXPECT_EQ(directory->new_order, base + "new-order");
    EXPECT_EQ(directory->revoke_cert, base + "revoke-cert");
    EXPECT_EQ(directory->key_change, base + "key-change");
    EXPECT_EQ(directory->renewal_info, base + "renewal-info");
    EXPECT_EQ(directory->terms_of_service,
              "https://letsencrypt.org/documents/LE-SA-v1.6.pdf");
    EXPECT_FALSE(directory->external_account_required);
    EXPECT_THAT(directory->profiles, SizeIs(2));
}

TEST(AcmeDirectory, WithoutTheOptionalMembers)
{
    const auto directory = decode_directory(
        R"({"newNonce":"https://ca.example/n",
            "newAccount":"https://ca.example/a",
            "newOrder":"https://ca.example/o","renewalInfo":"ftp://x/",
            "meta":{"externalAccountRequired":true}})");
    ASSERT_TRUE(directory);
    EXPECT_EQ(directory->renewal_info, "") << "a bad URL is as good as none";
    EXPECT_EQ(directory->key_change, "");
    EXPECT_TRUE(directory->external_account_required);
}

TEST(AcmeDirectory, ErrorsNameTheMember)
{
    const auto missing = decode_directory(
        R"({"newNonce":"https://ca.example/n","newAccount":"https://c/a"})");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, base::ErrorKind::protocol);
    EXPECT_EQ(missing.error().message, "directory: \"newOrder\" is missing");
    const auto plain = decode_directory(
        R"({"newNonce":"http://ca.example/n","newAccount":"https://c/a",
            "newOrder":"https://ca.example/o"})");
    ASSERT_FALSE(plain);
    EXPECT_THAT(plain.error().message, HasSubstr("\"newNonce\" is of no use"));
    const auto html = decode_directory("<html>502 Bad Gateway</html>");
    ASSERT_FALSE(html);
    EXPECT_EQ(html.error().message, "directory: no JSON");
}

TEST(AcmeOrder, OfBoulder)
{
    const auto order = decode_order(R"({
      "status": "valid",
      "expires": "2026-11-30T06:29:18Z",
      "identifiers": [
        { "type": "dns", "value": "*.pium.life" },
        { "type": "dns", "value": "pium.life" }
      ],
      "authorizations": [
        "https://acme-v02.api.letsencrypt.org/acme/authz/1/2",
        "https://acme-v02.api.letsencrypt.org/acme/authz/1/3"
      ],
      "finalize": "https://acme-v02.api.letsencrypt.org/acme/finalize/1/4",
      "certificate": "https://acme-v02.api.letsencrypt.org/acme/cert/05aa"
    })");
    ASSERT_TRUE(order);
    EXPECT_EQ(order->status, Order::Status::valid);
    EXPECT_THAT(order->identifiers,
                ElementsAre(dns("*.pium.life"), dns("pium.life")));
    EXPECT_THAT(order->authorizations, SizeIs(2));
    EXPECT_EQ(order->finalize,
              "https://acme-v02.api.letsencrypt.org/acme/finalize/1/4");
    EXPECT_EQ(order->certificate,
              "https://acme-v02.api.letsencrypt.org/acme/cert/05aa");
    EXPECT_EQ(order->expires, sys_days(2026y / 11 / 30) + 6h + 29min + 18s);
}

TEST(AcmeOrder, OfPebbleThatFailed)
{
    const auto order = decode_order(R"({
       "status": "invalid",
       "error": {
          "type": "urn:ietf:params:acme:error:unauthorized",
          "detail": "Some identifiers failed",
          "status": 403,
          "subproblems": [
             {"type": "urn:ietf:params:acme:error:connection",
              "detail": "refused", "status": 400,
              "identifier": {"type":"dns","value":"b.example"}}]
       },
       "expires": "2026-11-24T06:29:18Z",
       "identifiers": [{"type": "ip", "value": "2001:DB8:0::1"}],
       "profile": "default",
       "finalize": "https://localhost:14000/finalize-order/x-Y_z",
       "authorizations": ["https://localhost:14000/authZ/1"]
    })");
    ASSERT_TRUE(order);
    EXPECT_EQ(order->status, Order::Status::invalid);
    EXPECT_EQ(order->identifiers[0].value, "2001:db8::1");
    ASSERT_TRUE(order->error);
    EXPECT_TRUE(is(*order->error, "unauthorized"));
    ASSERT_THAT(order->error->subproblems, SizeIs(1));
    EXPECT_EQ(order->error->subproblems[0].identifier, "b.example");
}

std::string order_with(std::string_view member, std::string_view value)
{
    std::string text = R"({"status":"pending",
        "identifiers":[{"type":"dns","value":"a.example"}],
        "authorizations":["https://ca.example/authz/1"],
        "finalize":"https://ca.example/finalize/1")";
    return text + ",\"" + std::string(member) + "\":" + std::string(value)
           + "}";
}

TEST(AcmeOrder, AnExpiryThatIsNoTimeIsNone)
{
    const auto order = decode_order(order_with("expires", "\"tomorrow\""));
    ASSERT_TRUE(order);
    EXPECT_FALSE(order->expires);
}

TEST(AcmeOrder, WithMembersThatCannotBe)
{
    struct {
        const char* member;
        std::string value;
        const char* error;
    } const cases[] = {
        {"status", "\"done\"", "\"status\" is \"done\", which is unknown"},
        {"status", "7", "\"status\" is not a string"},
        {"identifiers", "{}", "\"identifiers\" are missing"},
        {"identifiers", "[7]", "\"identifiers\" has an element"},
        {"identifiers", R"([{"type":"mail","value":"a@b"}])",
         "\"type\" is \"mail\", which is unknown"},
        {"identifiers", R"([{"type":"dns","value":"192.0.2.1"}])",
         "\"value\" is no name of its type"},
        {"authorizations", R"(["javascript:alert"])",
         "\"authorizations\" is of no use"},
        {"authorizations", R"(["https://ca.example/a\r\nX: y"])",
         "\"authorizations\" is of no use"},
        {"finalize", "null", "\"finalize\" is missing"},
        {"finalize", "\"https://ca.example/" + std::string(3000, 'a') + "\"",
         "\"finalize\" is too long"},
        {"certificate", "\"/cert/1\"", "\"certificate\" is of no use"},
    };
    for (const auto& c : cases) {
        const auto order = decode_order(order_with(c.member, c.value));
        ASSERT_FALSE(order) << c.member << " " << c.value;
        EXPECT_EQ(order.error().kind, base::ErrorKind::protocol);
        EXPECT_THAT(order.error().message, HasSubstr(c.error));
    }
}

std::string repeated(std::string_view element, int count)
{
    std::string list;
    for (int i = 0; i < count; ++i) {
        list += (i ? "," : "") + std::string(element);
    }
    return "[" + list + "]";
}

TEST(AcmeOrder, OfMoreThanAnyCaAllows)
{
    const char* name = R"({"type":"dns","value":"a.example"})";
    const char* url = R"("https://ca.example/authz/1")";
    EXPECT_TRUE(decode_order(order_with("identifiers", repeated(name, 100))));
    EXPECT_FALSE(decode_order(order_with("identifiers", repeated(name, 101))));
    EXPECT_TRUE(
        decode_order(order_with("authorizations", repeated(url, 100))));
    EXPECT_FALSE(
        decode_order(order_with("authorizations", repeated(url, 101))));
}

TEST(AcmeAuthorization, OfLetsEncryptForAWildcard)
{
    const auto authorization = decode_authorization(R"({
      "identifier": { "type": "dns", "value": "pium.life" },
      "status": "pending",
      "expires": "2026-11-30T06:29:18Z",
      "challenges": [
        {
          "type": "dns-01",
          "url": "https://acme-v02.api.letsencrypt.org/acme/chall/1/2/IaBcDe",
          "status": "pending",
          "token": "mN7-YgpaLjnXvSRWXW-Q3Rng_4-5SqJ8PCGYWpSdGzU"
        }
      ],
      "wildcard": true
    })");
    ASSERT_TRUE(authorization);
    EXPECT_EQ(authorization->identifier, dns("*.pium.life"));
    EXPECT_EQ(authorization->status, Authorization::Status::pending);
    ASSERT_THAT(authorization->challenges, SizeIs(1));
    const Challenge& challenge = authorization->challenges[0];
    EXPECT_EQ(challenge.type, "dns-01");
    EXPECT_EQ(challenge.token, "mN7-YgpaLjnXvSRWXW-Q3Rng_4-5SqJ8PCGYWpSdGzU");
    EXPECT_EQ(challenge.status, Challenge::Status::pending);
    EXPECT_FALSE(challenge.error);
}

TEST(AcmeAuthorization, OfLetsEncryptThatFailed)
{
    const auto authorization = decode_authorization(R"({
      "identifier": { "type": "dns", "value": "a.example" },
      "status": "invalid",
      "expires": "2026-11-30T06:29:18Z",
      "challenges": [
        {
          "type": "http-01",
          "url": "https://acme-v02.api.letsencrypt.org/acme/chall/1/2/x",
          "status": "invalid",
          "validated": "2026-11-23T06:29:18Z",
          "error": {
            "type": "urn:ietf:params:acme:error:connection",
            "detail": "192.0.2.7: Fetching http://a.example/: refused",
            "status": 400
          },
          "token": "qJ8PCGYWpSdGzU",
          "validationRecord": [
            { "url": "http://a.example/.well-known/acme-challenge/q",
              "hostname": "a.example", "port": "80" }
          ]
        }
      ]
    })");
    ASSERT_TRUE(authorization);
    EXPECT_EQ(authorization->status, Authorization::Status::invalid);
    const Challenge& challenge = authorization->challenges[0];
    EXPECT_EQ(challenge.status, Challenge::Status::invalid);
    ASSERT_TRUE(challenge.error);
    EXPECT_EQ(challenge.error->detail,
              "192.0.2.7: Fetching http://a.example/: refused");
}

TEST(AcmeAuthorization, OfPebbleWithChallengesToCome)
{
    const auto authorization = decode_authorization(R"({
      "status": "pending",
      "identifier": {"type": "dns", "value": "a.example"},
      "challenges": [
        {"type": "dns-persist-01", "url": "https://localhost:14000/chalZ/p",
         "status": "pending", "accounturi": "https://localhost:14000/my/1",
         "issuer-domain-names": ["pebble.letsencrypt.org"]},
        {"type": "smoke-signal-07", "color": ["grey"]},
        "nonsense",
        {"type": "http-01", "url": "https://localhost:14000/chalZ/h",
         "token": "tok", "status": "processing"}
      ],
      "expires": "2026-11-23T07:29:18Z"
    })");
    ASSERT_TRUE(authorization);
    ASSERT_THAT(authorization->challenges, SizeIs(2))
        << "what cannot be read is passed over";
    EXPECT_EQ(authorization->challenges[0].type, "dns-persist-01");
    EXPECT_EQ(authorization->challenges[0].token, "");
    EXPECT_THAT(authorization->challenges[0].issuers,
                ElementsAre("pebble.letsencrypt.org"));
    EXPECT_EQ(authorization->challenges[0].account_uri,
              "https://localhost:14000/my/1");
    EXPECT_FALSE(authorization->challenges[0].hashes_account);
    EXPECT_EQ(authorization->challenges[1].status,
              Challenge::Status::processing);
}

TEST(AcmeAuthorization, WithDnsPersistOfDraft02)
{
    const auto challenge = decode_challenge(R"({
      "type": "dns-persist-01", "url": "https://ca.example/c/1",
      "status": "pending", "issuerDomainNames": ["ca.example", "b.example"]
    })");
    ASSERT_TRUE(challenge);
    EXPECT_THAT(challenge->issuers, ElementsAre("ca.example", "b.example"));
    EXPECT_TRUE(challenge->hashes_account);
}

TEST(AcmeAuthorization, WhoseOnlyChallengeCannotBeReadSaysWhy)
{
    const auto authorization = decode_authorization(R"({
      "status": "pending", "identifier": {"type":"dns","value":"a.example"},
      "challenges": [{"type":"http-01","status":"pending","url":"gopher:x"}]
    })");
    ASSERT_FALSE(authorization);
    EXPECT_THAT(authorization.error().message,
                HasSubstr("challenge: \"url\" is of no use"));
}

TEST(AcmeAuthorization, WithTooManyChallenges)
{
    const std::string head = R"({"status":"pending",
        "identifier":{"type":"dns","value":"a.example"},"challenges":)";
    const char* challenge =
        R"({"type":"x","status":"pending","url":"https://ca.example/c"})";
    EXPECT_TRUE(decode_authorization(head + repeated(challenge, 32) + "}"));
    EXPECT_FALSE(decode_authorization(head + repeated(challenge, 33) + "}"));
}

TEST(AcmeProblem, IsReadLeniently)
{
    const auto problem = decode_problem(
        R"({"type":"urn:ietf:params:acme:error:userActionRequired",
            "title":"Terms have changed","status":"403","instance":
            "https://ca.example/tos","subproblems":[7,{"detail":"d"}]})");
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->detail, "Terms have changed") << "for want of a detail";
    EXPECT_EQ(problem->instance, "https://ca.example/tos");
    EXPECT_THAT(problem->subproblems, SizeIs(1));
    EXPECT_FALSE(decode_problem("{}"));
    EXPECT_FALSE(decode_problem(""));
    EXPECT_FALSE(decode_problem("<html>"));
    EXPECT_FALSE(decode_problem(R"(["type"])"));
}

TEST(AcmeRequests, SayNoMoreThanNecessary)
{
    NewAccount account;
    EXPECT_EQ(encode(account), "{}");
    account.contacts = {"admin@pium.life", "mailto:b@pium.life"};
    account.terms_agreed = true;
    account.only_return_existing = true;
    EXPECT_EQ(encode(account),
              R"({"contact":["mailto:admin@pium.life","mailto:b@pium.life"],)"
              R"("onlyReturnExisting":true,"termsOfServiceAgreed":true})");
}

TEST(AcmeRequests, OfAnOrder)
{
    acme::NewOrder order{
        {dns("*.a.example"), {base::Identifier::Type::ip, "::1"}}, "", ""};
    EXPECT_EQ(encode(order),
              R"({"identifiers":[{"type":"dns","value":"*.a.example"},)"
              R"({"type":"ip","value":"::1"}]})");
    order = {{dns("a.example")}, "shortlived", "AQ.Ag"};
    EXPECT_EQ(encode(order),
              R"({"identifiers":[{"type":"dns","value":"a.example"}],)"
              R"("profile":"shortlived","replaces":"AQ.Ag"})");
    EXPECT_EQ(encode_finalize("\xff\xfe\x01"), R"({"csr":"__4B"})");
    EXPECT_EQ(encode_deactivation(), R"({"status":"deactivated"})");
}

}  // namespace
