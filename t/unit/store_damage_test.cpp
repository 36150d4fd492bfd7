#include "store_directory.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <gmock/gmock.h>

namespace store_test {

namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kBundle = "certificates/a.example.pem";
const std::string kJob = "jobs/a.example.json";
const std::string kQuarantined =
    "quarantine/2026-11-23T06:29:18Z-a.example.pem";

class DamageTest : public StoreTest {
protected:
    // One case: reading only reports, the writer moves the file away.
    void expect_quarantined(const std::string& why)
    {
        auto reported = reader().load_bundle("a.example");
        ASSERT_FALSE(reported) << why;
        EXPECT_EQ(reported.error().message,
                  "\"" + path(kBundle) + "\" is damaged: " + why
                      + "; left as it is");

        auto store = writer();
        auto moved = store.load_bundle("a.example");
        ASSERT_FALSE(moved) << why;
        EXPECT_EQ(moved.error().kind, base::ErrorKind::storage);
        EXPECT_EQ(moved.error().message,
                  "\"" + path(kBundle) + "\" is damaged: " + why
                      + "; moved to \"" + path(kQuarantined) + "\"");
        EXPECT_FALSE(store.load_bundle("a.example")->has_value());
        EXPECT_THAT(names_in("certificates"), IsEmpty());
        EXPECT_EQ(names_in("quarantine").size(), 1U);
    }
};

TEST_F(DamageTest, AnEmptyBundleIsQuarantined)
{
    put(kBundle, "");
    expect_quarantined("it is empty");
}

TEST_F(DamageTest, AZeroedBundleIsQuarantined)
{
    put(kBundle, std::string(4096, '\0'));
    expect_quarantined("it has zero bytes");
}

TEST_F(DamageTest, ABundleWithAZeroedEndIsQuarantined)
{
    put(kBundle, "-----BEGIN PRIVATE KEY-----" + std::string(100, '\0'));
    expect_quarantined("it has zero bytes");
}

TEST_F(DamageTest, AHugeBundleIsQuarantinedUnread)
{
    put(kBundle, "x");
    ASSERT_EQ(truncate(path(kBundle).c_str(), off_t(1) << 40), 0);
    expect_quarantined("it is too large");
}

TEST_F(DamageTest, TheLargestBundleIsStillReadAndOneByteMoreIsNot)
{
    put(kBundle, std::string(256 * 1024, 'x'));
    EXPECT_TRUE(writer().load_bundle("a.example"));
    put(kBundle, std::string(256 * 1024 + 1, 'x'));
    expect_quarantined("it is too large");
}

TEST_F(DamageTest, ALinkIsNotFollowed)
{
    put("elsewhere/secret", "somebody's secret");
    make_folder_of(kBundle);
    ASSERT_EQ(symlink("../elsewhere/secret", path(kBundle).c_str()), 0);
    expect_quarantined("it is not a regular file");
    EXPECT_EQ(content("elsewhere/secret"), "somebody's secret");
}

TEST_F(DamageTest, APipeIsNotWaitedFor)
{
    make_folder_of(kBundle);
    ASSERT_EQ(mkfifo(path(kBundle).c_str(), 0600), 0);
    expect_quarantined("it is not a regular file");
}

TEST_F(DamageTest, ASocketIsQuarantined)
{
    make_folder_of(kBundle);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path(kBundle).copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address),
                   sizeof(address)),
              0);
    close(fd);
    expect_quarantined("it is not a regular file");
}

TEST_F(DamageTest, ADirectoryInTheFilesPlaceIsQuarantinedWithItsContent)
{
    make_folder_of(kBundle);
    mkdir(path(kBundle).c_str(), 0700);
    put(kBundle + "/file", "x");
    expect_quarantined("it is not a regular file");
    EXPECT_EQ(content(kQuarantined + "/file"), "x");
}

TEST_F(DamageTest, AFolderThatIsALinkIsNotFollowed)
{
    put("elsewhere/a.example.pem", "text");
    ASSERT_EQ(symlink("elsewhere", path("certificates").c_str()), 0);
    using Access = store::FileStore::Access;
    for (const auto access : {Access::read_only, Access::read_write}) {
        store::FileStore store(root, access, clock);
        auto loaded = store.load_bundle("a.example");
        ASSERT_FALSE(loaded);
        EXPECT_EQ(loaded.error().message,
                  "\"" + path("certificates")
                      + "\" is not a directory (links are not followed)");
        EXPECT_FALSE(store.bundle_ids());
        EXPECT_FALSE(store.save_bundle("a.example", secret("new")));
        EXPECT_FALSE(store.probe());
    }
    EXPECT_EQ(content("elsewhere/a.example.pem"), "text");
    EXPECT_THAT(names_in("elsewhere"), ElementsAre("a.example.pem"));
}

TEST_F(DamageTest, ARootThatIsALinkIsTheOperatorsWord)
{
    put(kBundle, "text");
    const std::string link = root + ".link";
    ASSERT_EQ(symlink(root.c_str(), link.c_str()), 0);
    store::FileStore store(link, store::FileStore::Access::read_write, clock);
    EXPECT_EQ((*store.load_bundle("a.example"))->reveal(), "text");
    EXPECT_TRUE(store.save_bundle("b.example", secret("x")));
    unlink(link.c_str());
}

TEST_F(DamageTest, NothingInQuarantineIsOverwritten)
{
    auto store = writer();
    for (const auto* text : {"first", "second", "third"}) {
        put(kBundle, text);
        ASSERT_TRUE(store.quarantine_bundle("a.example"));
    }
    EXPECT_EQ(content(kQuarantined), "first");
    EXPECT_EQ(content("quarantine/2026-11-23T06:29:18Z-1-a.example.pem"),
              "second");
    EXPECT_EQ(content("quarantine/2026-11-23T06:29:18Z-2-a.example.pem"),
              "third");
}

TEST_F(DamageTest, WithoutAQuarantineTheFileStaysAndTheErrorSaysSo)
{
    put(kBundle, "");
    std::ofstream(path("quarantine")) << "a file, of all things";
    auto loaded = writer().load_bundle("a.example");
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message,
                HasSubstr("it is empty; not moved to quarantine: \""
                          + path("quarantine") + "\" is not a directory"));
    EXPECT_TRUE(std::filesystem::exists(path(kBundle)));
}

TEST_F(DamageTest, DamagedRecordsAreQuarantined)
{
    const std::string texts[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        R"({"version":"1"})",
        R"({"version":0})",
        R"({"version":1,"failures":-1})",
        R"({"version":1,"failures":"many"})",
        R"({"version":1,"failures":4294967296})",
        R"({"version":1,"order_url":17})",
        R"({"version":1,"key":["x"]})",
        R"({"version":1,"names":null})",
        R"({"version":1,"not_before":"tomorrow"})",
        R"({"version":1,"not_before":1795415358})",
        R"({"version":1})" + std::string(64 * 1024, ' '),
        std::string(20'000, '['),
    };
    std::size_t count = 0;
    for (const auto& text : texts) {
        put(kJob, text);
        EXPECT_FALSE(reader().load_job("a.example")) << text;
        auto store = writer();
        auto loaded = store.load_job("a.example");
        ASSERT_FALSE(loaded) << text;
        EXPECT_EQ(loaded.error().kind, base::ErrorKind::storage);
        EXPECT_THAT(loaded.error().message, EndsWith("a.example.json\""));
        EXPECT_FALSE(store.load_job("a.example")->has_value()) << text;
        EXPECT_EQ(names_in("quarantine").size(), ++count) << text;
    }
}

TEST_F(DamageTest, ATruncatedRecordIsQuarantinedWhereverItEnds)
{
    store::Job job;
    job.order_url = "https://ca.example/order/1";
    job.key_pem = secret("-----BEGIN PRIVATE KEY-----\n");
    ASSERT_TRUE(writer().save_job("a.example", job));
    const std::string whole = content(kJob);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        put(kJob, whole.substr(0, size));
        EXPECT_FALSE(reader().load_job("a.example")) << size;
    }
}

TEST_F(DamageTest, ARecordOfANewerVersionIsKept)
{
    const std::string text = R"({"version":2,"failures":{"dns-01":1}})";
    put(kJob, text);
    auto loaded = writer().load_job("a.example");
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().message,
              "\"" + path(kJob)
                  + "\": a newer version of this module wrote it (format 2, "
                    "known is 1)");
    EXPECT_EQ(content(kJob), text);
    EXPECT_FALSE(std::filesystem::exists(path("quarantine")));
}

TEST_F(DamageTest, AFileThatMayNotBeReadIsKept)
{
    put(kBundle, "text");
    chmod(path(kBundle).c_str(), 0);
    if (geteuid() == 0) {
        for (const auto* name : {"", "certificates"}) {
            ASSERT_EQ(chown(path(name).c_str(), kNobody, gid_t(-1)), 0);
        }
    }
    {
        AsNobody nobody;
        auto loaded = writer().load_bundle("a.example");
        ASSERT_FALSE(loaded);
        EXPECT_EQ(loaded.error().message,
                  "\"" + path(kBundle)
                      + "\": open() failed (13: Permission denied)");
    }
    EXPECT_TRUE(std::filesystem::exists(path(kBundle)));
    EXPECT_FALSE(std::filesystem::exists(path("quarantine")));
}

TEST_F(DamageTest, TheMasterReadsNoHardLinkToAnothersFile)
{
    if (geteuid() != 0) {
        GTEST_SKIP() << "the master reads as root, and this is not root";
    }
    put("elsewhere/key", "root's key");
    make_folder_of(kBundle);
    ASSERT_EQ(link(path("elsewhere/key").c_str(), path(kBundle).c_str()), 0);
    ASSERT_EQ(chown(path("certificates").c_str(), kNobody, gid_t(-1)), 0);
    auto loaded = reader().load_bundle("a.example");
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, EndsWith("of another user"));

    // A backup made of hard links is no reason to refuse one's own file.
    ASSERT_EQ(chown(path(kBundle).c_str(), kNobody, gid_t(-1)), 0);
    EXPECT_TRUE(reader().load_bundle("a.example"));
}

}  // namespace

}  // namespace store_test
