#include "crypto/ocsp.h"

#include <gtest/gtest.h>

#include "crypto_ca.h"

namespace {

using namespace std::chrono_literals;
using crypto::read_ocsp_response;
using crypto_test::at;
using crypto_test::OcspAnswer;

const base::Time kNow = at("2026-11-27T00:00:00Z");

class Ocsp : public testing::Test {
protected:
    crypto::Chain chain(const crypto_test::Ca& ca,
                        const std::string& url = "http://ca.example/ocsp")
    {
        crypto_test::Order order{"", {crypto_test::name("a.example")}};
        order.ocsp = url;
        crypto::Chain chain;
        chain.push_back(ca.issue(crypto_test::new_key(), order));
        chain.push_back(ca.certificate(ca));
        return chain;
    }

    std::string why(const std::string& response, const crypto::Chain& chain)
    {
        const auto status = read_ocsp_response(response, chain, kNow);
        EXPECT_TRUE(crypto_test::error_queue_is_empty());
        return status ? "" : status.error().message;
    }

    crypto_test::Ca ca{"CA"};
    crypto::Chain ours{chain(ca)};
};

TEST_F(Ocsp, IsWhereTheCertificateSays)
{
    EXPECT_EQ(crypto::ocsp_url(ours[0]), "http://ca.example/ocsp");
    EXPECT_EQ(crypto::ocsp_url(ours[1]), "");
    EXPECT_EQ(crypto::ocsp_url(chain(ca, "ldap://ca.example")[0]), "");
}

TEST_F(Ocsp, RequestNamesTheCertificate)
{
    const auto request = *crypto::make_ocsp_request(ours);
    EXPECT_NE(request.find("\x04\xc0\xff\xee"), std::string::npos);
    EXPECT_LT(request.size(), 100);
}

TEST_F(Ocsp, ResponseIsRead)
{
    const auto status = read_ocsp_response(
        ca.ocsp(ours[0], {V_OCSP_CERTSTATUS_GOOD, kNow - 1h, kNow + 7h}),
        ours, kNow);
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_FALSE(status->revoked);
    EXPECT_EQ(status->this_update, kNow - 1h);
    EXPECT_EQ(status->next_update, kNow + 7h);
    EXPECT_TRUE(read_ocsp_response(
                    ca.ocsp(ours[0],
                            {V_OCSP_CERTSTATUS_REVOKED, kNow, kNow + 1h}),
                    ours, kNow)
                    ->revoked);
}

TEST_F(Ocsp, ResponseThatIsOfNoUseIsAnError)
{
    const auto good = [&](base::Time from, std::optional<base::Time> to) {
        return ca.ocsp(ours[0], {V_OCSP_CERTSTATUS_GOOD, from, to});
    };
    EXPECT_EQ(why("", ours), "the OCSP response cannot be read");
    EXPECT_EQ(why("<html>", ours), "the OCSP response cannot be read");
    EXPECT_EQ(why(good(kNow - 2h, kNow), ours),
              "the OCSP response holds no more");
    EXPECT_EQ(why(good(kNow + 6min, kNow + 1h), ours),
              "the OCSP response does not hold yet");
    EXPECT_EQ(why(good(kNow + 4min, kNow + 1h), ours), "");
    EXPECT_EQ(why(good(kNow, std::nullopt), ours),
              "the OCSP response does not say until when it holds");
    EXPECT_EQ(why(ca.ocsp(ours[0],
                          {V_OCSP_CERTSTATUS_UNKNOWN, kNow, kNow + 1h}),
                  ours),
              "the OCSP response says that it does not know the certificate");
    auto damaged = good(kNow, kNow + 1h);
    damaged[damaged.size() - 5] ^= 1;
    EXPECT_EQ(why(damaged, ours),
              "the OCSP response is not signed by the certificate's issuer");
}

TEST_F(Ocsp, ResponseOfAnotherCaOrAboutAnotherCertificateIsAnError)
{
    const crypto_test::Ca other("CA");
    const auto theirs = chain(other);
    EXPECT_EQ(why(other.ocsp(ours[0],
                             {V_OCSP_CERTSTATUS_GOOD, kNow, kNow + 1h}),
                  ours),
              "the OCSP response is not signed by the certificate's issuer");
    crypto_test::Order order{"", {crypto_test::name("b.example")}};
    order.serial = "\x01";
    const auto leaf = ca.issue(crypto_test::new_key(), order);
    EXPECT_EQ(why(ca.ocsp(leaf, {V_OCSP_CERTSTATUS_GOOD, kNow, kNow + 1h}),
                  ours),
              "the OCSP response is not about this certificate");
}

}  // namespace
