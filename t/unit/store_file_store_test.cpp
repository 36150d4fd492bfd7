#include "crypto/key.h"
#include "store_directory.h"

#include <gmock/gmock.h>

namespace store_test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kStaging = "https://staging.ca.example/directory";
const std::string kProduction = "https://ca.example/directory";
// sha256 of the two, eight digits.
const std::string kStagingHash = "098d76b6";
const std::string kProductionHash = "0d5eb258";

class FileStoreTest : public StoreTest {};

store::Account account_at(const std::string& directory,
                          const std::string& url)
{
    static const auto key =
        crypto::PrivateKey::generate(crypto::KeyType::ecdsa_256);
    return {directory, url, "thumb", *key->to_pem()};
}

TEST_F(FileStoreTest, GivesNothingForWhatIsNotThere)
{
    auto store = writer();
    EXPECT_FALSE(store.load_bundle("a.example")->has_value());
    EXPECT_FALSE(store.load_job("a.example")->has_value());
    EXPECT_FALSE(store.load_account("ca", kProduction)->has_value());
    EXPECT_THAT(*store.bundle_ids(), IsEmpty());
    EXPECT_TRUE(store.remove_job("a.example"));
    EXPECT_TRUE(store.quarantine_bundle("a.example"));
    EXPECT_THAT(names_in(""), IsEmpty()) << "looking must not write";
}

TEST_F(FileStoreTest, TakingAwayWhatIsNotThereIsNoFailure)
{
    auto store = writer();
    ASSERT_TRUE(store.probe());
    EXPECT_TRUE(store.remove_job("a.example"));
    EXPECT_TRUE(store.quarantine_bundle("a.example"));
    EXPECT_FALSE(std::filesystem::exists(path("quarantine")));
}

TEST_F(FileStoreTest, AMissingRootReadsAsEmptyAndCannotBeWritten)
{
    std::filesystem::remove(root);
    auto store = writer();
    EXPECT_FALSE(store.load_bundle("a.example")->has_value());
    EXPECT_THAT(*store.bundle_ids(), IsEmpty());
    auto saved = store.save_bundle("a.example", secret("x"));
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().kind, base::ErrorKind::storage);
    EXPECT_THAT(saved.error().message,
                HasSubstr("\"" + root + "\": open() failed (2: "));
}

TEST_F(FileStoreTest, GivesABundleBackAsItWasSaved)
{
    const std::string text(100'000, 'x');
    ASSERT_TRUE(writer().save_bundle("a.example", secret(text)));
    auto loaded = reader().load_bundle("a.example");
    ASSERT_TRUE(loaded);
    ASSERT_TRUE(loaded->has_value());
    EXPECT_EQ((*loaded)->reveal(), text);
    EXPECT_EQ(content("certificates/a.example.pem"), text);
}

TEST_F(FileStoreTest, ASecondSaveReplacesTheFirst)
{
    auto store = writer();
    ASSERT_TRUE(store.save_bundle("a.example", secret("a longer text")));
    ASSERT_TRUE(store.save_bundle("a.example", secret("short")));
    EXPECT_EQ((*store.load_bundle("a.example"))->reveal(), "short");
}

TEST_F(FileStoreTest, GivesAJobBackUntilItIsRemoved)
{
    auto store = writer();
    store::Job job;
    job.order_url = "https://ca.example/order/1";
    ASSERT_TRUE(store.save_job("@letsencrypt", job));
    EXPECT_EQ((*store.load_job("@letsencrypt"))->order_url, job.order_url);
    EXPECT_EQ(names_in("jobs").front(), "@letsencrypt.json");
    ASSERT_TRUE(store.remove_job("@letsencrypt"));
    EXPECT_FALSE(store.load_job("@letsencrypt")->has_value());
    EXPECT_THAT(names_in("jobs"), IsEmpty());
}

TEST_F(FileStoreTest, AnIssuerKeepsAnAccountForEachDirectory)
{
    auto store = writer();
    ASSERT_TRUE(store.save_account("ca", account_at(kStaging, "acct/1")));
    EXPECT_FALSE(store.load_account("ca", kProduction)->has_value());
    ASSERT_TRUE(store.save_account("ca", account_at(kProduction, "acct/2")));
    EXPECT_EQ((*store.load_account("ca", kStaging))->url, "acct/1");
    EXPECT_EQ((*store.load_account("ca", kProduction))->url, "acct/2");
    EXPECT_THAT(names_in("accounts"),
                testing::UnorderedElementsAre("ca." + kStagingHash + ".json",
                                              "ca." + kProductionHash
                                                  + ".json"));
}

TEST_F(FileStoreTest, AnAccountCopiedToAnotherCasNameIsNotUsed)
{
    auto store = writer();
    ASSERT_TRUE(store.save_account("ca", account_at(kStaging, "acct/1")));
    std::filesystem::copy(path("accounts/ca." + kStagingHash + ".json"),
                          path("accounts/ca." + kProductionHash + ".json"));
    auto loaded = store.load_account("ca", kProduction);
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, HasSubstr(kStaging));
    EXPECT_FALSE(store.load_account("ca", kProduction)->has_value());
    EXPECT_TRUE(store.load_account("ca", kStaging)->has_value());
}

TEST_F(FileStoreTest, ListsTheBundlesAndNothingElse)
{
    auto store = writer();
    for (const auto* id : {"b.example", "*.a.example", "2001:db8::1"}) {
        ASSERT_TRUE(store.save_bundle(id, secret("x")));
    }
    put("certificates/.tmp-1-0", "half a bundle");
    put("certificates/.hidden.pem", "x");
    put("certificates/.pem", "x");
    put("certificates/notes.txt", "x");
    put("certificates/a.example.pem.bak", "x");
    // Longer than the store would name it: no id leads to it.
    put("certificates/" + std::string(150, 'a') + ".pem", "x");
    EXPECT_THAT(*store.bundle_ids(),
                ElementsAre("*.a.example", "2001:db8::1", "b.example"));
}

TEST_F(FileStoreTest, TheLongestNamesAreSavedListedAndLoaded)
{
    const std::string label(63, 'a');
    const std::string tail = "." + label + "." + label + "." + label;
    const std::string longest = std::string(61, 'b') + tail;
    const std::string sibling = std::string(61, 'b') + "." + tail.substr(2);
    auto store = writer();
    ASSERT_EQ(longest.size(), 253U);
    ASSERT_TRUE(store.save_bundle(longest, secret("one")));
    ASSERT_TRUE(store.save_bundle(sibling, secret("two")));
    ASSERT_TRUE(store.save_job(longest, {}));
    ASSERT_TRUE(store.save_account(longest, account_at(kStaging, "")));
    EXPECT_TRUE(store.load_account(longest, kStaging)->has_value());
    EXPECT_TRUE(store.load_job(longest)->has_value());
    EXPECT_EQ((*store.load_bundle(longest))->reveal(), "one");
    EXPECT_EQ((*store.load_bundle(sibling))->reveal(), "two");

    auto ids = store.bundle_ids();
    ASSERT_EQ(ids->size(), 2U);
    std::vector<std::string> texts;
    for (const auto& id : *ids) {
        texts.emplace_back((*store.load_bundle(id))->reveal());
    }
    EXPECT_THAT(texts, testing::UnorderedElementsAre("one", "two"));
    ASSERT_TRUE(store.quarantine_bundle(longest));
    EXPECT_EQ(names_in("quarantine").size(), 1U);
}

TEST_F(FileStoreTest, AnIdNeverLeavesItsFolder)
{
    auto store = writer();
    const std::string ids[] = {
        "",        "/etc/passwd", "../jobs/a", "a/../../b", "..", ".",
        ".hidden", "a\nb",        "a\x1b[0m",  std::string("a\0b", 3)};
    for (const auto& id : ids) {
        EXPECT_FALSE(store.save_bundle(id, secret("x"))) << id;
        EXPECT_FALSE(store.load_bundle(id)) << id;
        EXPECT_FALSE(store.quarantine_bundle(id)) << id;
        EXPECT_FALSE(store.save_job(id, {})) << id;
        EXPECT_FALSE(store.load_job(id)) << id;
        EXPECT_FALSE(store.remove_job(id)) << id;
        EXPECT_FALSE(store.save_account(id, account_at(kStaging, ""))) << id;
        EXPECT_FALSE(store.load_account(id, kStaging)) << id;
    }
    EXPECT_THAT(names_in(""), IsEmpty());
}

TEST_F(FileStoreTest, ABadIdDoesNotReachTheLogRaw)
{
    auto loaded = writer().load_bundle("a/\n[emerg] b");
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, testing::Not(HasSubstr("\n")));
}

TEST_F(FileStoreTest, AReadOnlyStoreWritesNothing)
{
    auto store = reader();
    EXPECT_FALSE(store.probe());
    EXPECT_FALSE(store.save_bundle("a.example", secret("x")));
    EXPECT_FALSE(store.save_job("a.example", {}));
    EXPECT_FALSE(store.save_account("ca", account_at(kStaging, "")));
    EXPECT_FALSE(store.remove_job("a.example"));
    EXPECT_FALSE(store.quarantine_bundle("a.example"));
    EXPECT_THAT(names_in(""), IsEmpty());
}

TEST_F(FileStoreTest, WhateverTheUmaskOnlyTheOwnerMayReadAndWrite)
{
    for (const mode_t mask : {mode_t(0), mode_t(022), mode_t(0777)}) {
        const mode_t previous = umask(mask);
        auto store = writer();
        EXPECT_TRUE(store.save_bundle("a.example", secret("x")));
        EXPECT_TRUE(store.save_job("a.example", {}));
        EXPECT_TRUE(store.quarantine_bundle("a.example"));
        EXPECT_TRUE(store.save_bundle("a.example", secret("x")));
        umask(previous);
        for (const auto* folder : {"certificates", "jobs", "quarantine"}) {
            EXPECT_EQ(mode(folder), 0700U) << folder;
        }
        EXPECT_EQ(mode("certificates/a.example.pem"), 0600U);
        EXPECT_EQ(mode("jobs/a.example.json"), 0600U);
        for (const auto* folder : {"certificates", "jobs", "quarantine"}) {
            std::filesystem::remove_all(path(folder));
        }
    }
}

TEST_F(FileStoreTest, AFolderOpenToOthersIsClosedAtTheFirstWrite)
{
    mkdir(path("certificates").c_str(), 0700);
    chmod(path("certificates").c_str(), 0777);
    ASSERT_TRUE(writer().save_bundle("a.example", secret("x")));
    EXPECT_EQ(mode("certificates"), 0700U);
}

TEST_F(FileStoreTest, AFileOpenToOthersIsReadAndClosed)
{
    for (const mode_t open : {0604, 0640, 0620, 0777}) {
        put("certificates/a.example.pem", "text");
        chmod(path("certificates/a.example.pem").c_str(), open);
        EXPECT_EQ((*writer().load_bundle("a.example"))->reveal(), "text");
        EXPECT_EQ(mode("certificates/a.example.pem"), 0600U) << open;
    }
    EXPECT_EQ(content("certificates/a.example.pem"), "text");
}

TEST_F(FileStoreTest, AReadOnlyStoreLeavesTheModeAlone)
{
    put("certificates/a.example.pem", "text");
    chmod(path("certificates/a.example.pem").c_str(), 0644);
    EXPECT_EQ((*reader().load_bundle("a.example"))->reveal(), "text");
    EXPECT_EQ(mode("certificates/a.example.pem"), 0644U);
}

TEST_F(FileStoreTest, AFileRestoredByRootBecomesTheWorkersOwn)
{
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can make a file of another user";
    }
    put("certificates/a.example.pem", "text");
    chmod(path("certificates/a.example.pem").c_str(), 0644);
    for (const auto* name : {"", "certificates"}) {
        ASSERT_EQ(chown(path(name).c_str(), kNobody, gid_t(-1)), 0);
    }
    {
        AsNobody nobody;
        EXPECT_EQ((*writer().load_bundle("a.example"))->reveal(), "text");
    }
    struct stat status = {};
    stat(path("certificates/a.example.pem").c_str(), &status);
    EXPECT_EQ(status.st_uid, kNobody);
    EXPECT_EQ(status.st_mode & 07777, 0600U);
}

}  // namespace

}  // namespace store_test
