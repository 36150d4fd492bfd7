#include "base/base64url.h"

#include <gtest/gtest.h>

namespace {

using base::base64url_decode;
using base::base64url_encode;

struct Vector {
    std::string_view bytes, text;
};

// RFC 4648, section 10, without padding; RFC 7515, appendix C.
constexpr Vector kVectors[] = {
    {"", ""},
    {"f", "Zg"},
    {"fo", "Zm8"},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg"},
    {"fooba", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy"},
    {"\x03\xec\xff\xe0\xc1", "A-z_4ME"},
};

TEST(Base64Url, KeepsTheVectorsOfTheRfcs)
{
    for (const auto& [bytes, text] : kVectors) {
        EXPECT_EQ(base64url_encode(bytes), text);
        EXPECT_EQ(*base64url_decode(text), bytes);
    }
}

TEST(Base64Url, CarriesEveryByte)
{
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes += char(i);
    }
    EXPECT_EQ(*base64url_decode(base64url_encode(bytes)), bytes);
}

TEST(Base64Url, RefusesPaddingAndForeignCharacters)
{
    for (const char* text : {"Zg==", "Zm8=", "Zm9v\n", "A+z/4ME", "Zm 9", "Z",
                             "Zm9vZ", "\xc3\xa4"})
    {
        const auto bytes = base64url_decode(text);
        ASSERT_FALSE(bytes) << text;
        EXPECT_EQ(bytes.error().kind, base::ErrorKind::protocol);
    }
}

TEST(Base64Url, KnowsNoncesAndTokens)
{
    EXPECT_TRUE(base::is_base64url("oFvnlFP1wIhRlYS2jTaXbA"));
    EXPECT_TRUE(base::is_base64url("-_"));
    EXPECT_FALSE(base::is_base64url(""));
    EXPECT_FALSE(base::is_base64url("a=b"));
    EXPECT_FALSE(base::is_base64url("a\r\nX-Injected: 1"));
    EXPECT_FALSE(base::is_base64url("../etc/passwd"));
    EXPECT_FALSE(base::is_base64url(std::string_view("a\0", 2)));
}

}  // namespace
