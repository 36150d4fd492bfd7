#include "crypto/hmac.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"

namespace {

using crypto::Hash;
using crypto::to_hex;

TEST(Hmac, GivesTheVectorsOfRfc4231)
{
    // Test case 2, and 6 with a key longer than a block.
    const base::Secret jefe("Jefe");
    const char* question = "what do ya want for nothing?";
    EXPECT_EQ(to_hex(*crypto::hmac(Hash::sha256, jefe, question)),
              "5bdcc146bf60754e6a042426089575c7"
              "5a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(*crypto::hmac(Hash::sha512, jefe, question)),
              "164b7a7bfcf819e2e395fbe73b56e0a3"
              "87bd64222e831fd610270cd7ea250554"
              "9758bf75c05a994a6d034f65f8f0e6fd"
              "caeab1a34d4a6b4b636e070a38bce737");
    EXPECT_EQ(to_hex(*crypto::hmac(Hash::sha384, jefe, question)),
              "af45d2e376484031617f78d2b58a6b1b"
              "9c7ef464f5a01b47e42ec3736322445e"
              "8e2240ca5e69e2c78b3239ecfab21649");
    const base::Secret long_key(std::string(131, '\xaa'));
    EXPECT_EQ(to_hex(*crypto::hmac(
                  Hash::sha256, long_key,
                  "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f"
              "8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, IsComparedWhole)
{
    EXPECT_TRUE(crypto::same_mac("abc", "abc"));
    EXPECT_TRUE(crypto::same_mac("", ""));
    for (const char* other : {"", "ab", "abcd", "abd", "bbc"}) {
        EXPECT_FALSE(crypto::same_mac("abc", other));
    }
}

}  // namespace
