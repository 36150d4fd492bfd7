#include "base/secret.h"

#include <gtest/gtest.h>

namespace {

using base::Secret;

TEST(Secret, GivesItsBytesOnlyWhenAsked)
{
    const Secret secret("-----BEGIN PRIVATE KEY-----");
    EXPECT_EQ(secret.reveal(), "-----BEGIN PRIVATE KEY-----");
    static_assert(!std::is_convertible_v<Secret, std::string>);
    static_assert(!std::is_convertible_v<Secret, std::string_view>);
}

TEST(Secret, IsWipedInPlace)
{
    // Given one so long that its bytes lie on the heap,
    Secret secret(std::string(100, 'k'));
    const char* bytes = secret.reveal().data();
    // when it is cleared (which keeps the memory),
    secret.clear();
    // then nothing of it is left there.
    EXPECT_TRUE(secret.empty());
    EXPECT_EQ(secret.reveal().data(), bytes);
    EXPECT_EQ(bytes[0], '\0');
}

TEST(Secret, LeavesNothingWhereItWasMovedFrom)
{
    Secret from("short");  // lies within the object
    Secret to;
    to = std::move(from);
    EXPECT_EQ(to.reveal(), "short");
    EXPECT_TRUE(from.empty());  // NOLINT: what moving leaves is promised
}

TEST(Secret, GrowsAndCopies)
{
    Secret secret("a");
    const Secret copy = secret;
    secret.append("b");
    secret.append(std::string(1000, 'c'));
    EXPECT_EQ(secret.size(), 1002u);
    EXPECT_EQ(copy.reveal(), "a");
    secret = copy;
    EXPECT_EQ(secret, copy);
}

}  // namespace
