// Certificates exported as files: their names, and what is left of earlier ones.
// That readers always see files that belong together is proved with a real
// nginx, in t/deploy-files.t.

#include "deploy/files.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy_material.h"
#include "store_directory.h"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DeployFiles : public store_test::StoreTest {
protected:
    std::string deliver(const std::string& id)
    {
        deploy::Delivery delivery;
        delivery.id = id;
        delivery.bundle = material;
        std::string said;
        files().deliver(delivery, [&](const base::Result<std::string>& r) {
            said = r ? *r : "! " + r.error().message;
        });
        return said;
    }

    deploy::Files files() const { return deploy::Files({root, mode, {}}); }

    std::string fingerprint() const
    {
        return material->chain.front().fingerprint();
    }

    std::size_t entries() const
    {
        return std::size_t(std::distance(fs::directory_iterator(root),
                                         fs::directory_iterator()));
    }

    mode_t mode = 0600;
    std::shared_ptr<const crypto::Bundle> material =
        deploy_test::material("a.example");
};

TEST_F(DeployFiles, AreWhereTheyAreSaidToBe)
{
    EXPECT_EQ(deliver("a.example"), "exported to \"" + root + "/a.example\"");
    EXPECT_TRUE(fs::exists(root + "/a.example/fullchain.pem"));
    EXPECT_TRUE(files().has("a.example", fingerprint()));
    EXPECT_FALSE(files().has("a.example", "another"));
    EXPECT_FALSE(files().has("b.example", fingerprint()));
}

TEST_F(DeployFiles, HaveNamesThatNoShellTakesForAPattern)
{
    deliver("*.a.example");
    EXPECT_TRUE(fs::exists(root + "/_.a.example/cert.pem"));
    EXPECT_EQ(files().directory_of("*.a.example"), root + "/_.a.example");
}

TEST_F(DeployFiles, HaveNamesThatAFileSystemTakes)
{
    const std::string label(60, 'a');
    const auto id = label + "." + label + "." + label + "." + label + ".example";
    EXPECT_THAT(deliver(id), HasSubstr("exported to"));
    EXPECT_TRUE(files().has(id, fingerprint()));
}

TEST_F(DeployFiles, KeepTheVersionBeforeAndNoOlderOne)
{
    deliver("a.example");
    deliver("a.example.net");
    for (int i = 0; i < 3; i++) {
        material = deploy_test::material("a.example");
        deliver("a.example");
    }
    // Links, and versions: two of a.example, one of the other.
    EXPECT_EQ(entries(), 2U + 3U);
}

TEST_F(DeployFiles, AreMadeAnewForAnotherMode)
{
    deliver("a.example");
    mode = 0640;
    EXPECT_FALSE(files().has("a.example", fingerprint()));
    deliver("a.example");
    EXPECT_EQ(fs::status(root + "/a.example/privkey.pem").permissions(),
              fs::perms(0640));
}

TEST_F(DeployFiles, OverlookWhatACrashLeftBehind)
{
    deliver("a.example");
    const auto version = fs::read_symlink(root + "/a.example").string();
    fs::rename(root + "/" + version, root + "/" + version + ".new");
    fs::remove(root + "/" + version + ".new/cert.pem");
    EXPECT_FALSE(files().has("a.example", fingerprint()));
    deliver("a.example");
    EXPECT_TRUE(fs::exists(root + "/a.example/cert.pem"));
    EXPECT_EQ(entries(), 2U);
}

TEST_F(DeployFiles, SayWhatStandsInTheWay)
{
    fs::create_directory(root + "/a.example");
    EXPECT_THAT(deliver("a.example"), HasSubstr("is no link; move it away"));
    root += "/missing";
    EXPECT_THAT(deliver("b.example"), HasSubstr("No such file or directory"));
    root.erase(root.rfind('/'));
}

}  // namespace
