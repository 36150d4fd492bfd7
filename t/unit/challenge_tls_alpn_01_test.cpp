#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "challenge/tls_alpn_01.h"
#include "challenge_board.h"
#include "challenge_outside.h"
#include "crypto/bundle.h"
#include "crypto/digest.h"
#include "crypto_ca.h"

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TlsAlpn01 : public testing::Test {
protected:
    // What was reported of it: nothing yet, "ok" or the error.
    using Report = std::optional<std::string>;

    void present(const std::string& token, Report& report,
                 const std::string& name = "a.example")
    {
        solver_.present(proof(token, name), [&report](base::Status status) {
            EXPECT_FALSE(report) << "reported once";
            report = status ? "ok" : status.error().message;
        });
    }

    void clean_up(const std::string& token,
                  const std::string& name = "a.example")
    {
        solver_.clean_up(proof(token, name));
    }

    static challenge::Proof proof(const std::string& token,
                                  const std::string& name)
    {
        return {crypto_test::name(name), token, token + ".thumbprint"};
    }

    // The digest in the certificate that is shown for the name; empty without
    // one.
    std::string shown(const std::string& name)
    {
        const auto found =
            board_.content.find(challenge::tls_alpn_01_place(name));
        if (found == board_.content.end()) {
            return {};
        }
        const auto bundle = crypto::parse_bundle(found->second);
        EXPECT_TRUE(bundle);
        return digest_in(bundle->chain.front().native());
    }

    static std::string digest_in(X509& x509)
    {
        const crypto::UniqueObject id(OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1));
        auto* extension =
            X509_get_ext(&x509, X509_get_ext_by_OBJ(&x509, id.get(), -1));
        EXPECT_EQ(X509_EXTENSION_get_critical(extension), 1);
        const auto* octets = X509_EXTENSION_get_data(extension);
        const std::string der(
            reinterpret_cast<const char*>(ASN1_STRING_get0_data(octets)),
            std::size_t(ASN1_STRING_length(octets)));
        EXPECT_EQ(der.substr(0, 2), "\x04\x20") << "an OCTET STRING";
        return der.substr(2);
    }

    challenge_test::Board board_;
    challenge_test::Machine machine_;
    challenge::TlsAlpn01 solver_{board_, machine_.outside};
};

TEST_F(TlsAlpn01, IsOfTheTypeThatRfc8737Names)
{
    EXPECT_EQ(solver_.type(), "tls-alpn-01");
}

TEST_F(TlsAlpn01, ShowsTheDigestOfTheKeyAuthorization)
{
    Report report;
    present("token", report);
    EXPECT_EQ(report, "ok");
    EXPECT_EQ(shown("a.example"), crypto::sha256("token.thumbprint"));
    clean_up("token");
    EXPECT_THAT(board_.content, IsEmpty());
}

TEST_F(TlsAlpn01, CertificateIsForTheIdentifierAlone)
{
    for (const char* name : {"a.example", "192.0.2.1", "2001:db8::1"}) {
        Report report;
        present("token", report, name);
        ASSERT_EQ(board_.content.size(), 1U);
        const auto bundle =
            crypto::parse_bundle(board_.content.begin()->second);
        ASSERT_TRUE(bundle);
        EXPECT_THAT(bundle->chain.front().names(),
                    ElementsAre(crypto_test::name(name)));
        clean_up("token", name);
    }
}

// RFC 8738, section 6.
TEST_F(TlsAlpn01, IpAddressIsAskedForByItsReverseName)
{
    EXPECT_EQ(challenge::server_name_of(crypto_test::name("192.0.2.10")),
              "10.2.0.192.in-addr.arpa");
    EXPECT_EQ(challenge::server_name_of(crypto_test::name("2001:db8::1")),
              "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0."
              "1.0.0.2.ip6.arpa");
}

TEST_F(TlsAlpn01, TwoProofsOfANameComeOneAfterTheOther)
{
    Report first;
    Report second;
    present("one", first);
    present("two", second);
    EXPECT_EQ(first, "ok");
    EXPECT_FALSE(second);
    clean_up("one");
    EXPECT_EQ(second, "ok");
    EXPECT_EQ(shown("a.example"), crypto::sha256("two.thumbprint"));
    clean_up("two");
    EXPECT_THAT(board_.content, IsEmpty());
}

TEST_F(TlsAlpn01, OtherNamesDoNotWait)
{
    Report first;
    Report second;
    present("one", first);
    present("two", second, "b.example");
    EXPECT_EQ(second, "ok");
}

TEST_F(TlsAlpn01, OneThatWaitsAndIsGivenUpIsReported)
{
    Report first;
    Report second;
    present("one", first);
    present("two", second);
    clean_up("two");
    EXPECT_EQ(second, "it was given up before its turn came");
    EXPECT_EQ(shown("a.example"), crypto::sha256("one.thumbprint"));
}

TEST_F(TlsAlpn01, AFullBoardIsReported)
{
    board_.full = true;
    Report report;
    present("token", report);
    EXPECT_EQ(report, "publishing the answer: no room");
}

TEST_F(TlsAlpn01, WhatAnEarlierProcessPresentedIsTakenAway)
{
    board_.content[challenge::tls_alpn_01_place("a.example")] = "earlier";
    clean_up("token");
    EXPECT_THAT(board_.content, IsEmpty());
}

TEST_F(TlsAlpn01, IsFoundFromOutside)
{
    machine_.world.know_address("a.example", "192.0.2.1");
    machine_.answers["192.0.2.1"] = [&] {
        return http::Response{0, {}, "..." + shown("a.example") + "..."};
    };
    const auto preflight = [&] {
        Report report;
        solver_.preflight(proof("one", "a.example"), [&](auto status) {
            report = status ? "ok" : status.error().message;
        });
        machine_.world.loop.run_until([&] { return report.has_value(); });
        EXPECT_THAT(board_.content, IsEmpty());
        return report.value_or("it never ends");
    };
    EXPECT_EQ(preflight(), "ok");
    EXPECT_EQ(machine_.requests.at(0).url, "https://a.example/");
    EXPECT_EQ(machine_.requests.at(0).alpn, "acme-tls/1");
    machine_.answers["192.0.2.1"] = [] {
        return http::Response{0, {}, "another certificate"};
    };
    EXPECT_EQ(preflight(),
              "a.example resolves to 192.0.2.1, which showed a certificate of "
              "its own to a CA's handshake: this nginx does not serve it; use "
              "dns-01 or remove the name");
}

}  // namespace
