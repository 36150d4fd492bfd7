// ACM's API, byte for byte: what is imported under which ARN, and when not.

#include "deploy/acm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64url.h"
#include "deploy_material.h"
#include "wire.h"

namespace {

using namespace wire_test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kArn =
    "arn:aws:acm:us-east-1:123456789012:certificate/1234";
const std::string kOther =
    "arn:aws:acm:us-east-1:123456789012:certificate/5678";

std::string ask(const std::string& operation, const std::string& body)
{
    return "POST https://acm.us-east-1.amazonaws.com/\n"
           "(signed us-east-1/acm AKID SECRET)\n"
           "Content-Type: application/x-amz-json-1.1\n"
           "X-Amz-Target: CertificateManager." + operation + "\n\n" + body;
}

const std::string kDescribe =
    ask("DescribeCertificate", R"({"CertificateArn":")" + kArn + R"("})");

std::string described(const std::string& serial,
                      const std::string& algorithm = "EC_prime256v1")
{
    return R"({"Certificate":{"CertificateArn":")" + kArn + R"(","Serial":")"
        + serial + R"(","KeyAlgorithm":")" + algorithm
        + R"(","Type":"IMPORTED"}})";
}

std::string imported(const std::string& arn = kArn)
{
    return R"({"CertificateArn":")" + arn + R"("})";
}

std::string failure(const std::string& type, const std::string& message = "x")
{
    return R"({"__type":"com.amazonaws.acm#)" + type + R"(","message":")"
        + message + R"("})";
}

class DeployAcm : public testing::Test {
protected:
    void use(const std::string& arn)
    {
        deploy::AcmSettings settings;
        settings.arn = arn;
        settings.region = "us-east-1";
        settings.environment = {{"AWS_ACCESS_KEY_ID", "AKID"},
                                {"AWS_SECRET_ACCESS_KEY", "SECRET"}};
        acm.emplace(settings, wire.client(),
                    aws::Ports{wire.loop, wire.loop, wire.random});
    }

    std::string deliver()
    {
        deploy::Delivery delivery;
        delivery.id = "a.example";
        delivery.names = {crypto_test::name("a.example")};
        delivery.bundle = material;
        delivery.memory = memory;
        delivery.remember = [this](const std::string& text) {
            memory = text;
            return refuses_memory
                ? base::Status(base::Error{base::ErrorKind::storage, "full"})
                : base::ok();
        };
        Outcome<std::string> outcome;
        acm->deliver(delivery, outcome.callback());
        wire.loop.run_until([&] { return outcome.came(); });
        return outcome.good() ? outcome.value() : "! " + outcome.message();
    }

    std::string examine(crypto::KeyType type)
    {
        std::optional<std::string> said;
        acm->examine(type, memory, [&](const base::Status& status) {
            said = status ? "fine"
                : status.error().kind == base::ErrorKind::config
                ? "no: " + status.error().message
                : "unknown: " + status.error().message;
        });
        wire.loop.run_until([&] { return said.has_value(); });
        return *said;
    }

    // The text of the request, whose member is that PEM in base64.
    static std::string member(const char* name, const std::string& pem)
    {
        return std::string("\"") + name + "\":\""
            + std::string(base::base64_encode(pem).reveal()) + "\"";
    }

    std::string import(const std::string& arn) const
    {
        const auto& bundle = *material;
        const std::span chain(bundle.chain);
        const auto key = *bundle.key.to_pem();
        return ask("ImportCertificate",
                   "{" + member("Certificate", *crypto::to_pem(chain.first(1)))
                       + "," + member("PrivateKey", std::string(key.reveal()))
                       + ","
                       + member("CertificateChain",
                                *crypto::to_pem(chain.subspan(1)))
                       + (arn.empty() ? ""
                                      : ",\"CertificateArn\":\"" + arn + "\"")
                       + "}");
    }

    Wire wire;
    std::optional<deploy::Acm> acm;
    std::shared_ptr<const crypto::Bundle> material =
        deploy_test::material("a.example");
    std::string memory;
    bool refuses_memory = false;
};

TEST_F(DeployAcm, ImportsWithoutAnArnOnceAndRemembersWhatItGot)
{
    use("");
    wire.answer(200, imported());
    EXPECT_EQ(deliver(), "imported into ACM as " + kArn);
    EXPECT_THAT(wire.sent, ElementsAre(import("")));
    EXPECT_EQ(memory, kArn);
    wire.answer(200, described("04:c0:ff:ee"));
    EXPECT_EQ(deliver(), "ACM has it as " + kArn);
    EXPECT_EQ(wire.sent.back(), kDescribe);
}

TEST_F(DeployAcm, ImportsAnewUnderItsArn)
{
    use(kArn);
    wire.answer(200, described("01:02"));
    wire.answer(200, imported());
    EXPECT_EQ(deliver(), "imported into ACM as " + kArn);
    EXPECT_THAT(wire.sent, ElementsAre(kDescribe, import(kArn)));
}

TEST_F(DeployAcm, KnowsASerialHoweverItIsWritten)
{
    use(kArn);
    wire.answer(200, described("00:04:C0:FF:EE"));
    EXPECT_EQ(deliver(), "ACM has it as " + kArn);
}

TEST_F(DeployAcm, DoesNotImportAKeyOfAnotherTypeUnderAnArn)
{
    use(kArn);
    wire.answer(200, described("01", "RSA-2048"));
    EXPECT_THAT(deliver(),
                HasSubstr("key of type RSA_2048 as " + kArn
                          + " and takes no EC_prime256v1 there"));
}

TEST_F(DeployAcm, SaysBeforeAnOrderWhatItWouldNotTake)
{
    use(kArn);
    wire.answer(200, described("01", "RSA-2048"));
    EXPECT_EQ(examine(crypto::KeyType::rsa_2048), "fine");
    wire.answer(200, described("01", "RSA_2048"));
    EXPECT_THAT(examine(crypto::KeyType::rsa_4096),
                HasSubstr("no: ACM has a certificate"));
    wire.answer(403, failure("AccessDeniedException"));
    EXPECT_THAT(examine(crypto::KeyType::rsa_2048), HasSubstr("unknown: "));
    use("");
    EXPECT_EQ(examine(crypto::KeyType::rsa_2048), "fine");
}

// Was it done? The answer of a server in trouble does not say.
TEST_F(DeployAcm, DoesNotRepeatAFirstImportBlindly)
{
    use("");
    wire.answer(503, "<html>");
    EXPECT_THAT(deliver(), HasSubstr("! HTTP 503"));
    EXPECT_EQ(memory, "import begun");
    const auto end = std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(
            material->chain.front().not_after().time_since_epoch())
            .count());
    wire.answer(200, R"({"CertificateSummaryList":[{"CertificateArn":")"
                         + kOther
                         + R"(","DomainName":"a.example","NotAfter":1.5}],)"
                           R"("NextToken":"t"})");
    wire.answer(200, R"({"CertificateSummaryList":[{"CertificateArn":")"
                         + kArn
                         + R"(","DomainName":"a.example","NotAfter":)" + end
                         + ".0}]}");
    wire.answer(200, described("04:c0:ff:ee"));
    EXPECT_EQ(deliver(), "ACM has it as " + kArn);
    EXPECT_EQ(memory, kArn);
    EXPECT_THAT(wire.sent[1], HasSubstr("\"EC_secp384r1\""));
    EXPECT_THAT(wire.sent[2], HasSubstr("\"NextToken\":\"t\""));
}

// A list that never ends is not read for ever.
TEST_F(DeployAcm, ReadsAHundredPagesOfTheList)
{
    use("");
    memory = "import begun";
    for (int page = 0; page < 100; page++) {
        wire.answer(200, R"({"CertificateSummaryList":[],"NextToken":"t"})");
    }
    wire.answer(200, imported());
    EXPECT_EQ(deliver(), "imported into ACM as " + kArn);
    EXPECT_EQ(wire.sent.size(), 101);
}

TEST_F(DeployAcm, ImportsAfterAllWhatIsNotThere)
{
    use("");
    memory = "import begun";
    wire.answer(200, R"({"CertificateSummaryList":[]})");
    wire.answer(200, imported());
    EXPECT_EQ(deliver(), "imported into ACM as " + kArn);
}

TEST_F(DeployAcm, RepeatsWhatWasThrottled)
{
    use("");
    wire.answer(400, failure("ThrottlingException"));
    wire.answer(200, imported());
    EXPECT_EQ(deliver(), "imported into ACM as " + kArn);
}

TEST_F(DeployAcm, MakesAnotherOneWhenItsOwnIsGone)
{
    use("");
    memory = kArn;
    wire.answer(400, failure("ResourceNotFoundException"));
    wire.answer(200, imported(kOther));
    EXPECT_EQ(deliver(), "imported into ACM as " + kOther
                             + "; ACM does not know " + kArn
                             + " any more, what has used that must be "
                               "changed");
    EXPECT_EQ(memory, kOther);
}

TEST_F(DeployAcm, DoesNotReplaceAnArnOfTheConfiguration)
{
    use(kArn);
    wire.answer(400, failure("ResourceNotFoundException", "no such"));
    EXPECT_EQ(deliver(), "! HTTP 400 ResourceNotFoundException - no such");
}

TEST_F(DeployAcm, SaysWhatAFailureIsAbout)
{
    use("");
    wire.answer(400, failure("LimitExceededException"));
    EXPECT_THAT(deliver(), HasSubstr("5,000 imports a year"));
    memory.clear();
    wire.answer(400, failure("AccessDeniedException"));
    EXPECT_THAT(deliver(), HasSubstr("need acm:ImportCertificate"));
    memory.clear();
    wire.answer(200, "{}");
    EXPECT_EQ(deliver(), "! ACM's answer: it has no CertificateArn");
}

TEST_F(DeployAcm, BeginsNothingThatItCouldNotRemember)
{
    use("");
    refuses_memory = true;
    EXPECT_EQ(deliver(), "! full");
    EXPECT_TRUE(wire.sent.empty());
}

}  // namespace
