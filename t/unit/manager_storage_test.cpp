// The state directory cannot be written.

#include "manager_world.h"

namespace {

using namespace manager_test;

using ManagerStorage = World;

TEST_F(ManagerStorage, ReadOnlyMeansNoRequestAtAll)
{
    store.read_only = true;
    configure({"a.example"});
    configure({"b.example"});
    start();
    run(59min);
    EXPECT_TRUE(ca.requests.empty());
    EXPECT_EQ(log.lines.size(), 1);
    EXPECT_EQ(log.count(LogLevel::error, "nothing is ordered"), 1);
}

TEST_F(ManagerStorage, ReadOnlyIsSaidHourly)
{
    store.read_only = true;
    configure({"a.example"});
    start();
    run(5h - 1min);
    EXPECT_EQ(log.count(LogLevel::error), 5);
}

TEST_F(ManagerStorage, MendedIsNoticedWithinAMinute)
{
    store.read_only = true;
    configure({"a.example"});
    start();
    run(3h + 30s);
    store.read_only = false;
    run(61s);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerStorage, MendedIsNoticedThoughTheClockWasSetBack)
{
    store.read_only = true;
    configure({"a.example"});
    start();
    run(5min);
    loop.step(-60 * kDay);
    store.read_only = false;
    run(11min);
    EXPECT_GE(orders(), 1);
}

class FullDisk : public World {
protected:
    // It is full from the moment the certificate has been ordered.
    void issue_into_full_disk()
    {
        configure({"a.example"});
        start();
        loop.run_until([&] { return ca.count("finalize") == 1; });
        store.read_only = true;
        run(30s);
    }
};

TEST_F(FullDisk, CertificateIsServedAllTheSame)
{
    issue_into_full_disk();
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_FALSE(is_stored("a.example"));
    EXPECT_EQ(log.count(LogLevel::crit, "served from memory"), 1);
}

TEST_F(FullDisk, CertificateIsStoredWithinAMinuteOfMending)
{
    issue_into_full_disk();
    run(2h);
    store.read_only = false;
    run(61s);
    EXPECT_TRUE(is_stored("a.example"));
    EXPECT_TRUE(store.jobs.empty());
    EXPECT_EQ(orders(), 1);
}

TEST_F(FullDisk, CertificateIsFetchedAgainAfterARestart)
{
    issue_into_full_disk();
    store.read_only = false;
    restart();
    run(30s);
    EXPECT_TRUE(is_stored("a.example"));
    EXPECT_EQ(orders(), 1);
}

// A reload, or a helper that dies, must not bring the old one back.
TEST_F(FullDisk, RenewedCertificateIsServedOnAndStoredWithoutTheCa)
{
    given_certificate({"a.example"}, 80 * kDay);
    issue_into_full_disk();
    const auto renewed = served("a.example")->chain.front().not_after();
    EXPECT_GT(renewed, loop.now() + 80 * kDay);
    restart();
    run(1h);
    EXPECT_EQ(served("a.example")->chain.front().not_after(), renewed);
    ca.requests.clear();
    store.read_only = false;
    run(61s);
    const auto stored =
        crypto::parse_bundle(store.bundles["a.example"].reveal());
    EXPECT_EQ(stored->chain.front().not_after(), renewed);
    EXPECT_TRUE(ca.requests.empty());
    EXPECT_TRUE(store.jobs.empty());
}

TEST_F(FullDisk, NobodyIsFloodedWithLines)
{
    issue_into_full_disk();
    run(10h);
    EXPECT_LE(log.lines.size(), 25);
}

TEST_F(FullDisk, BundleAloneThatIsRefusedIsNoFloodEither)
{
    store.refuses_bundles = true;
    configure({"a.example"});
    start();
    run(10h + 5min);
    EXPECT_LE(log.count(LogLevel::crit), 12);
    store.refuses_bundles = false;
    run(61s);
    EXPECT_TRUE(is_stored("a.example"));
    EXPECT_EQ(orders(), 1);
}

TEST_F(ManagerStorage, OrderThatCannotBeRememberedIsResumedFromMemory)
{
    configure({"a.example"});
    store.refuses_jobs = true;
    start();
    run(30s);
    EXPECT_EQ(orders(), 1);
    EXPECT_EQ(ca.count("authz"), 0) << "not before it is on disk";
    store.refuses_jobs = false;
    run(1min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(orders(), 1);
}

}  // namespace
