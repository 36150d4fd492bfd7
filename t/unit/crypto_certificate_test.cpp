#include "crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto_ca.h"

namespace {

using crypto::KeyType;
using crypto_test::at;
using crypto_test::Ca;
using crypto_test::error_queue_is_empty;
using crypto_test::kIsrgRootX1;
using crypto_test::name;
using crypto_test::new_key;
using crypto_test::pem_of;
using testing::HasSubstr;

crypto::Certificate with_names(const base::Identifiers& names)
{
    return Ca("Test CA").issue(new_key(), {"", names});
}

TEST(Certificate, TellsWhatItIs)
{
    const auto chain = crypto::parse_chain(kIsrgRootX1);
    ASSERT_TRUE(chain);
    ASSERT_EQ(chain->size(), 1u);
    const auto& root = chain->front();
    EXPECT_EQ(root.serial(), "8210cfb0d240e3594463e0bb63828b00");
    EXPECT_EQ(
        root.fingerprint(),
        "96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6");
    EXPECT_EQ(root.issuer(), "ISRG Root X1");
    EXPECT_EQ(root.not_before(), at("2015-06-04T11:04:38Z"));
    EXPECT_EQ(root.not_after(), at("2035-06-04T11:04:38Z"));
    EXPECT_EQ(*root.key_type(), KeyType::rsa_4096);
    EXPECT_TRUE(root.names().empty());
    EXPECT_TRUE(error_queue_is_empty());
}

TEST(Certificate, HasItsNamesSortedAndInCanonicalForm)
{
    const auto certificate = with_names(
        {name("2001:db8:0:0:1::1"), name("192.0.2.1"), name("b.example"),
         {base::Identifier::Type::dns, "A.Example"}, name("*.a.example")});
    const base::Identifiers expected = {
        name("*.a.example"), name("a.example"), name("b.example"),
        name("192.0.2.1"), name("2001:db8::1:0:0:1")};
    EXPECT_EQ(certificate.names(), expected);
}

TEST(Certificate, ShowsTheWholeIssuerWhenItHasNoCommonName)
{
    const auto certificate =
        Ca("O=Some\nCA").issue(new_key(), {"", {name("a.example")}});
    EXPECT_EQ(certificate.issuer(), "O = Some\\0ACA");
    EXPECT_EQ(Ca("\x1b[2J").issue(new_key(), {}).issuer(), "?[2J");
}

TEST(Certificate, LastsBeyond2038And2049)
{
    const auto certificate = Ca("Test CA").issue(
        new_key(), {"", {}, at("2040-01-01T00:00:00Z"),
                    at("9999-12-31T23:59:59Z")});
    EXPECT_EQ(certificate.not_before(), at("2040-01-01T00:00:00Z"));
    EXPECT_EQ(certificate.not_after(), at("9999-12-31T23:59:59Z"));
}

TEST(Certificate, KnowsItsKey)
{
    const auto key = new_key();
    const auto certificate = Ca("Test CA").issue(key, {});
    EXPECT_TRUE(certificate.belongs_to(key));
    EXPECT_FALSE(certificate.belongs_to(new_key()));
    EXPECT_FALSE(certificate.belongs_to(new_key(KeyType::rsa_2048)));
    EXPECT_TRUE(error_queue_is_empty());
}

// RFC 7468, and what CAs really send.

class ParseChain : public testing::Test {
protected:
    ParseChain()
        : first_(pem_of(with_names({name("a.example")}))),
          second_(pem_of(with_names({name("b.example")})))
    {}

    // The chain must be first_, second_.
    void expect_both(const std::string& pem)
    {
        const auto chain = crypto::parse_chain(pem);
        ASSERT_TRUE(chain) << chain.error().message;
        ASSERT_EQ(chain->size(), 2u);
        EXPECT_EQ(*crypto::to_pem(*chain), first_ + second_);
        EXPECT_TRUE(error_queue_is_empty());
    }

    static std::string replaced(std::string text, const std::string& what,
                                const std::string& with)
    {
        for (std::size_t found = 0;
             (found = text.find(what, found)) != text.npos;
             found += with.size())
        {
            text.replace(found, what.size(), with);
        }
        return text;
    }

    std::string first_;
    std::string second_;
};

TEST_F(ParseChain, KeepsTheOrder) { expect_both(first_ + second_); }

TEST_F(ParseChain, NeedsNoFinalNewline)
{
    std::string pem = first_ + second_;
    pem.pop_back();
    expect_both(pem);
}

TEST_F(ParseChain, PassesOverTextAroundTheBlocks)
{
    expect_both("subject=/CN=a.example\n" + first_ + "\n\n# the issuer:\n"
                + second_ + "\nthat's all\n");
    expect_both(std::string(10000, 'x') + "\n" + first_ + second_);
}

TEST_F(ParseChain, TakesTheLineEndsOfOthers)
{
    expect_both(replaced(first_ + second_, "\n", "\r\n"));
    expect_both(replaced(first_ + second_, "\n", " \n"));
}

TEST_F(ParseChain, PassesOverOtherBlocks)
{
    const auto key = new_key().to_pem();
    expect_both(std::string(key->reveal()) + first_ + second_);
}

TEST_F(ParseChain, RefusesATextWithoutCertificates)
{
    for (const char* text : {"", "\n", "<html>502</html>"}) {
        const auto chain = crypto::parse_chain(text);
        ASSERT_FALSE(chain);
        EXPECT_EQ(chain.error().kind, base::ErrorKind::crypto);
        EXPECT_THAT(chain.error().message, HasSubstr("no certificate"));
    }
    EXPECT_TRUE(error_queue_is_empty());
}

TEST_F(ParseChain, RefusesWhatIsCutOrDamaged)
{
    // As long as the first line is not complete it is text like any other.
    const auto line = std::string_view("-----BEGIN CERTIFICATE-----").size();
    for (std::size_t size = line; size < second_.size() - 1; ++size) {
        ASSERT_FALSE(crypto::parse_chain(first_ + second_.substr(0, size)))
            << size;
    }
    EXPECT_FALSE(crypto::parse_chain(replaced(first_, "MII", "AII")));
    EXPECT_FALSE(crypto::parse_chain(replaced(first_, "MII", "!II")));
    EXPECT_TRUE(error_queue_is_empty());
}

TEST_F(ParseChain, RefusesBytesAfterACertificate)
{
    const auto chain = crypto::parse_chain(first_);
    unsigned char der[2000] = {};
    unsigned char* end = der;
    i2d_X509(&chain->front().native(), &end);
    const crypto::UniqueBio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio(bio.get(), PEM_STRING_X509, "", der, end - der + 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    EXPECT_FALSE(crypto::parse_chain({text, std::size_t(size)}));
}

TEST_F(ParseChain, RefusesATimeThatIsNone)
{
    const auto spoiled = with_names({});
    ASN1_STRING_set(X509_getm_notAfter(&spoiled.native()), "991332000000Z",
                    -1);
    X509_sign(&spoiled.native(), &new_key().native(), EVP_sha256());
    EXPECT_FALSE(crypto::parse_chain(pem_of(spoiled)));
    EXPECT_TRUE(error_queue_is_empty());
}

TEST_F(ParseChain, IsOfBoundedLength)
{
    std::string pem;
    for (std::size_t i = 0; i < crypto::kMaxChain; ++i) {
        pem += first_;
    }
    EXPECT_TRUE(crypto::parse_chain(pem));
    EXPECT_FALSE(crypto::parse_chain(pem + first_));
}

TEST(CoversExactly, DependsOnNeitherOrderNorRepetition)
{
    const auto leaf = with_names({name("b.example"), name("a.example")});
    EXPECT_TRUE(crypto::covers_exactly(
        leaf, {name("a.example"), name("b.example")}));
    EXPECT_TRUE(crypto::covers_exactly(
        leaf, {name("b.example"), name("a.example"), name("b.example")}));
    EXPECT_FALSE(crypto::covers_exactly(leaf, {name("a.example")}));
    EXPECT_FALSE(crypto::covers_exactly(
        leaf, {name("a.example"), name("b.example"), name("c.example")}));
    EXPECT_FALSE(crypto::covers_exactly(leaf, {}));
}

TEST(Covers, CountsAWildcardForOneLabel)
{
    const auto leaf = with_names(
        {name("*.a.example"), name("b.example"), name("192.0.2.1")});
    for (const char* text : {"x.a.example", "*.a.example", "b.example",
                             "192.0.2.1", "X.A.EXAMPLE."})
    {
        EXPECT_TRUE(crypto::covers(leaf, {name(text)})) << text;
    }
    for (const char* text : {"a.example", "y.x.a.example", "*.x.a.example",
                             "*.b.example", "c.example", "192.0.2.2",
                             "localhost"})
    {
        EXPECT_FALSE(crypto::covers(leaf, {name(text)})) << text;
    }
    EXPECT_FALSE(
        crypto::covers(leaf, {name("b.example"), name("c.example")}));
}

TEST(Placeholder, IsASelfSignedCertificateForTheName)
{
    const auto key = new_key();
    const auto placeholder = crypto::make_placeholder(key, "A.example");
    ASSERT_TRUE(placeholder);
    EXPECT_EQ(placeholder->names(), base::Identifiers{name("a.example")});
    EXPECT_TRUE(placeholder->belongs_to(key));
    EXPECT_EQ(X509_verify(&placeholder->native(), &key.native()), 1);
    EXPECT_EQ(X509_get_version(&placeholder->native()), X509_VERSION_3);
    EXPECT_EQ(placeholder->issuer(), "acme_domain placeholder");
    EXPECT_NEAR(double((placeholder->not_after() - placeholder->not_before())
                       / std::chrono::hours(24)),
                3650, 1);
    // Browsers remember serial numbers.
    EXPECT_NE(placeholder->serial(),
              crypto::make_placeholder(key, "a.example")->serial());
    EXPECT_TRUE(error_queue_is_empty());
}

TEST(Placeholder, MayBeForAnAddressOrALongName)
{
    const auto key = new_key(KeyType::rsa_2048);
    EXPECT_TRUE(crypto::make_placeholder(key, "2001:db8::1"));
    EXPECT_TRUE(crypto::make_placeholder(key, std::string(63, 'a') + "."
                                                  + std::string(63, 'b')));
    EXPECT_FALSE(crypto::make_placeholder(key, ""));
}

}  // namespace
