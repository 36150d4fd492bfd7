#include "crypto/csr.h"

#include <gtest/gtest.h>

#include "crypto_ca.h"

namespace {

using crypto::KeyType;
using crypto_test::error_queue_is_empty;
using crypto_test::name;
using crypto_test::new_key;

crypto::UniqueRequest parse(const std::string& der)
{
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const auto* end = at + der.size();
    crypto::UniqueRequest request(
        d2i_X509_REQ(nullptr, &at, long(der.size())));
    EXPECT_EQ(at, end);
    return request;
}

// As OpenSSL shows it.
std::string alt_names(X509_REQ& request)
{
    const crypto::UniqueExtensions extensions(
        X509_REQ_get_extensions(&request));
    if (sk_X509_EXTENSION_num(extensions.get()) != 1) {
        return "not one extension";
    }
    const crypto::UniqueBio bio(BIO_new(BIO_s_mem()));
    X509V3_EXT_print(bio.get(), sk_X509_EXTENSION_value(extensions.get(), 0),
                     0, 0);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, std::size_t(size));
}

TEST(MakeCsr, AsksForAllNamesAndNothingElse)
{
    const auto key = new_key();
    // Given names of each sort,
    const auto der = crypto::make_csr(
        key, {name("a.example"), name("*.a.example"), name("192.0.2.1"),
              name("2001:db8::1")});
    ASSERT_TRUE(der);
    const auto request = parse(*der);
    ASSERT_TRUE(request);
    // then subjectAltName has them (RFC 8738, section 3, for addresses),
    EXPECT_EQ(alt_names(*request),
              "DNS:a.example, DNS:*.a.example, IP Address:192.0.2.1, "
              "IP Address:2001:DB8:0:0:0:0:0:1");
    // the subject is empty, and the signature is the key's.
    EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(request.get())),
              0);
    EXPECT_EQ(X509_REQ_get_version(request.get()), 0);
    EXPECT_EQ(X509_REQ_verify(request.get(), &key.native()), 1);
    EXPECT_TRUE(error_queue_is_empty());
}

TEST(MakeCsr, TakesNamesLongerThanACommonName)
{
    const auto long_name = name(std::string(63, 'a') + "."
                                + std::string(63, 'b') + ".example");
    const auto der = crypto::make_csr(new_key(), {long_name});
    ASSERT_TRUE(der);
    EXPECT_EQ(alt_names(*parse(*der)), "DNS:" + long_name.value);
}

TEST(MakeCsr, HasTheFirstNameThatFitsAsCommonNameWhereThatIsAskedFor)
{
    const auto long_name = name(std::string(63, 'a') + ".example");
    const auto der = crypto::make_csr(
        new_key(), {long_name, name("a.example"), name("b.example")}, true);
    ASSERT_TRUE(der);
    char text[80] = "";
    X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(parse(*der).get()),
                              NID_commonName, text, sizeof(text));
    EXPECT_STREQ(text, "a.example");
    const auto none = crypto::make_csr(new_key(), {long_name}, true);
    EXPECT_EQ(X509_NAME_entry_count(
                  X509_REQ_get_subject_name(parse(*none).get())),
              0);
}

TEST(MakeCsr, TakesEveryKey)
{
    for (auto type : {KeyType::ecdsa_384, KeyType::rsa_2048}) {
        const auto key = new_key(type);
        const auto der = crypto::make_csr(key, {name("a.example")});
        ASSERT_TRUE(der);
        EXPECT_EQ(X509_REQ_verify(parse(*der).get(), &key.native()), 1);
    }
}

TEST(MakeCsr, RefusesToAskForNothing)
{
    EXPECT_FALSE(crypto::make_csr(new_key(), {}));
    // Nor for an address that is none.
    EXPECT_FALSE(crypto::make_csr(
        new_key(), {{base::Identifier::Type::ip, "a.example"}}));
    EXPECT_TRUE(error_queue_is_empty());
}

}  // namespace
