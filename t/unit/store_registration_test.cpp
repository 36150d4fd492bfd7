#include "store_directory.h"

#include <gmock/gmock.h>

namespace store_test {

namespace {

using testing::HasSubstr;

using StoreRegistration = StoreTest;

const dns::AcmeDnsRegistration kRegistration{
    "8e57.auth.example.org", "8e57", "c36f", base::Secret("htB9mR9D")};
const std::string kServer = "https://auth.example.org";
const std::string kFile = "registrations/www.pium.life.9cca2890.json";

TEST_F(StoreRegistration, IsReadAsItWasWritten)
{
    EXPECT_FALSE(writer().load_registration(kServer, "www.pium.life")
                     ->has_value());
    ASSERT_TRUE(writer().save_registration(kServer, "www.pium.life",
                                           kRegistration));
    struct stat file;
    ASSERT_EQ(stat(path(kFile).c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 07777, 0600u);
    const auto read = writer().load_registration(kServer, "www.pium.life");
    ASSERT_TRUE(read && *read);
    EXPECT_EQ(dns::encode(**read).reveal(),
              dns::encode(kRegistration).reveal());
    EXPECT_FALSE(writer().load_registration("https://other.example", "www.pium.life")
                     ->has_value());
}

TEST_F(StoreRegistration, ADamagedOneIsKeptInQuarantine)
{
    put(kFile, "{}");
    const auto read = writer().load_registration(kServer, "www.pium.life");
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("moved to"));
    EXPECT_TRUE(std::filesystem::exists(path(
        "quarantine/2026-11-23T06:29:18Z-www.pium.life.9cca2890.json")));
    EXPECT_FALSE(writer().load_registration(kServer, "www.pium.life")
                     ->has_value());
}

}  // namespace

}  // namespace store_test
