#include "store_directory.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <gmock/gmock.h>

namespace store_test {

namespace {

// What the store asks of the disk, in order; the two calls below are found
// before the C library's.
std::vector<std::string>* journal = nullptr;
bool disk_fails = false;

std::string kind_of(int fd)
{
    struct stat status = {};
    fstat(fd, &status);
    return S_ISDIR(status.st_mode) ? "sync directory" : "sync file";
}

}  // namespace

}  // namespace store_test

extern "C" int fsync(int fd)
{
    if (store_test::journal) {
        store_test::journal->push_back(store_test::kind_of(fd));
    }
    if (store_test::disk_fails) {
        errno = EIO;
        return -1;
    }
    return int(syscall(SYS_fsync, fd));
}

extern "C" int renameat(int from_fd, const char* from, int to_fd,
                        const char* to) noexcept
{
    if (store_test::journal) {
        store_test::journal->push_back("rename");
    }
    return int(syscall(SYS_renameat2, from_fd, from, to_fd, to, 0));
}

namespace store_test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kBundle = "certificates/a.example.pem";

class StoreWriteTest : public StoreTest {
protected:
    ~StoreWriteTest() override
    {
        journal = nullptr;
        disk_fails = false;
    }

    void expect_old_bundle_alone()
    {
        EXPECT_EQ(content(kBundle), "old");
        EXPECT_THAT(names_in("certificates"), ElementsAre("a.example.pem"));
    }
};

TEST_F(StoreWriteTest, SyncsTheFileThenRenamesThenSyncsTheDirectory)
{
    auto store = writer();
    ASSERT_TRUE(store.save_bundle("a.example", secret("old")));
    std::vector<std::string> calls;
    journal = &calls;
    ASSERT_TRUE(store.save_bundle("a.example", secret("new")));
    EXPECT_THAT(calls, ElementsAre("sync file", "rename", "sync directory"));
}

TEST_F(StoreWriteTest, ANewFolderIsSyncedIntoItsParent)
{
    std::vector<std::string> calls;
    journal = &calls;
    ASSERT_TRUE(writer().save_bundle("a.example", secret("new")));
    EXPECT_THAT(calls, ElementsAre("sync directory", "sync file", "rename",
                                   "sync directory"));
}

TEST_F(StoreWriteTest, ARemovedJobIsSynced)
{
    auto store = writer();
    ASSERT_TRUE(store.save_job("a.example", {}));
    std::vector<std::string> calls;
    journal = &calls;
    ASSERT_TRUE(store.remove_job("a.example"));
    EXPECT_THAT(calls, ElementsAre("sync directory"));
}

TEST_F(StoreWriteTest, WhoReadsTheOldFileReadsItToItsEnd)
{
    auto store = writer();
    ASSERT_TRUE(store.save_bundle("a.example", secret("old")));
    std::ifstream reading(path(kBundle));
    ASSERT_TRUE(store.save_bundle("a.example", secret("new")));
    std::string text;
    reading >> text;
    EXPECT_EQ(text, "old");
}

TEST_F(StoreWriteTest, ADiskThatCannotSyncKeepsTheOldFile)
{
    auto store = writer();
    ASSERT_TRUE(store.save_bundle("a.example", secret("old")));
    disk_fails = true;
    auto saved = store.save_bundle("a.example", secret("new"));
    EXPECT_FALSE(store.probe());
    disk_fails = false;
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().kind, base::ErrorKind::storage);
    EXPECT_THAT(saved.error().message,
                HasSubstr("\"" + path(kBundle) + "\": fsync() failed (5: "));
    expect_old_bundle_alone();
}

TEST_F(StoreWriteTest, AFullDiskKeepsTheOldFile)
{
    auto store = writer();
    ASSERT_TRUE(store.save_bundle("a.example", secret("old")));
    for (const rlim_t room : {0, 100}) {
        FileSizeLimit full(room);
        auto saved =
            store.save_bundle("a.example", secret(std::string(8000, 'x')));
        ASSERT_FALSE(saved);
        EXPECT_THAT(saved.error().message, HasSubstr("write() failed"));
        expect_old_bundle_alone();
    }
}

TEST_F(StoreWriteTest, AProbeFindsADiskWithTooLittleRoomForABundle)
{
    auto store = writer();
    EXPECT_TRUE(store.probe());
    FileSizeLimit nearly_full(8000);
    auto probed = store.probe();
    ASSERT_FALSE(probed);
    EXPECT_EQ(probed.error().kind, base::ErrorKind::storage);
    EXPECT_THAT(probed.error().message, HasSubstr(root));
    EXPECT_THAT(names_in("accounts"), IsEmpty());
}

TEST_F(StoreWriteTest, AProbeLeavesTheFoldersAndNothingInThem)
{
    ASSERT_TRUE(writer().probe());
    EXPECT_THAT(names_in(""), ElementsAre("accounts", "certificates", "jobs"));
    for (const auto* folder : {"accounts", "certificates", "jobs"}) {
        EXPECT_THAT(names_in(folder), IsEmpty());
        EXPECT_EQ(mode(folder), 0700U);
    }
}

TEST_F(StoreWriteTest, AProbeFindsAFolderThatIsNotOurs)
{
    ASSERT_TRUE(writer().probe());
    if (geteuid() == 0) {
        ASSERT_EQ(chown(root.c_str(), kNobody, gid_t(-1)), 0);
    }
    for (const auto* folder : {"accounts", "certificates", "jobs"}) {
        if (geteuid() == 0) {
            for (const auto* other : {"accounts", "certificates", "jobs"}) {
                const uid_t owner = other == folder ? 0 : kNobody;
                ASSERT_EQ(chown(path(other).c_str(), owner, gid_t(-1)), 0);
            }
        } else {
            chmod(path(folder).c_str(), 0500);
        }
        AsNobody nobody;
        auto probed = writer().probe();
        chmod(path(folder).c_str(), 0700);
        ASSERT_FALSE(probed) << folder;
        EXPECT_THAT(probed.error().message, HasSubstr(path(folder)));
    }
}

TEST_F(StoreWriteTest, AProbeFindsARootThatMayNotBeWritten)
{
    chmod(root.c_str(), 0555);
    {
        AsNobody nobody;
        auto probed = writer().probe();
        ASSERT_FALSE(probed);
        EXPECT_EQ(probed.error().message,
                  "\"" + path("accounts")
                      + "\": mkdir() failed (13: Permission denied)");
    }
    chmod(root.c_str(), 0700);
    EXPECT_THAT(names_in(""), IsEmpty());
}

TEST_F(StoreWriteTest, WhatCannotBeReplacedLeavesNoTemporaryFile)
{
    make_folder_of(kBundle);
    mkdir(path(kBundle).c_str(), 0700);
    auto saved = writer().save_bundle("a.example", secret("new"));
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error().message, HasSubstr("rename() failed (21: "));
    EXPECT_THAT(names_in("certificates"), ElementsAre("a.example.pem"));
}

TEST_F(StoreWriteTest, ALinkInTheFilesPlaceIsReplacedNotWrittenThrough)
{
    put("elsewhere/file", "somebody's");
    make_folder_of(kBundle);
    ASSERT_EQ(symlink("../elsewhere/file", path(kBundle).c_str()), 0);
    ASSERT_TRUE(writer().save_bundle("a.example", secret("new")));
    EXPECT_EQ(content("elsewhere/file"), "somebody's");
    EXPECT_FALSE(std::filesystem::is_symlink(path(kBundle)));
    EXPECT_EQ(content(kBundle), "new");
}

TEST_F(StoreWriteTest, LeftOversOfACrashAreRemovedAtTheFirstWrite)
{
    put("accounts/.tmp-1-0", "half an account");
    put("certificates/.tmp-1-0", "half a bundle");
    put("jobs/.tmp-99999-7", "half a job");
    ASSERT_TRUE(writer().save_job("a.example", {}));
    EXPECT_THAT(names_in("accounts"), IsEmpty());
    EXPECT_THAT(names_in("certificates"), IsEmpty());
    EXPECT_THAT(names_in("jobs"), ElementsAre("a.example.json"));
}

TEST_F(StoreWriteTest, ALeftOverThatStaysBlocksNoWrite)
{
    const std::string name = "certificates/.tmp-" + std::to_string(getpid());
    make_folder_of(name);
    // A directory: not even removable.
    mkdir(path(name + "-0").c_str(), 0700);
    ASSERT_EQ(symlink("target", path(name + "-1").c_str()), 0);
    auto store = writer();
    ASSERT_TRUE(store.save_bundle("a.example", secret("one")));
    put(name + "-1", "of another process with our id");
    ASSERT_TRUE(store.save_bundle("a.example", secret("two")));
    EXPECT_EQ(content(kBundle), "two");
    EXPECT_EQ(content(name + "-1"), "of another process with our id");
}

TEST_F(StoreWriteTest, WhatCouldNotBeReadBackIsNotWritten)
{
    auto store = writer();
    ASSERT_TRUE(store.save_bundle("a.example", secret("old")));
    const std::string texts[] = {"", std::string("a\0b", 3),
                                 std::string(256 * 1024 + 1, 'x')};
    for (const auto& text : texts) {
        auto saved = store.save_bundle("a.example", secret(text));
        ASSERT_FALSE(saved);
        EXPECT_THAT(saved.error().message, HasSubstr(path(kBundle)));
        expect_old_bundle_alone();
    }
}

}  // namespace

}  // namespace store_test
