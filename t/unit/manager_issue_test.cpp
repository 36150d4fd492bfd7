// From nothing to a served certificate.

#include "manager_world.h"

namespace {

using namespace manager_test;
using testing::ElementsAre;
using testing::IsEmpty;

using ManagerIssue = World;

TEST_F(ManagerIssue, FirstCertificateTakesWhatTheProtocolNeedsAndNoMore)
{
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_THAT(ca.requests,
                ElementsAre("directory", "newNonce", "newAccount", "newOrder",
                            "authz", "challenge", "authz", "finalize",
                            "order", "certificate"));
}

TEST_F(ManagerIssue, CertificateIsStoredAsItIsServed)
{
    configure({"a.example", "b.example"});
    start();
    run(30s);
    const auto bundle = served("a.example");
    ASSERT_TRUE(bundle);
    EXPECT_EQ(base::join(bundle->chain.front().names()),
              "a.example, b.example");
    EXPECT_EQ(store.bundles["a.example"], sink.served["a.example"]);
    EXPECT_THAT(store.jobs, IsEmpty());
    EXPECT_EQ(log.count(LogLevel::notice, "issued"), 1);
}

TEST_F(ManagerIssue, NoAnswerToAChallengeIsLeftBehind)
{
    ca.unreachable = {"b.example"};
    configure({"a.example"});
    configure({"b.example"});
    start();
    run(30s);
    EXPECT_THAT(board, IsEmpty());
}

TEST_F(ManagerIssue, ManyCertificatesShareDirectoryAndAccount)
{
    for (int i = 0; i < 5; ++i) {
        configure({"n" + std::to_string(i) + ".example"});
    }
    start();
    run(30s);
    EXPECT_EQ(sink.served.size(), 5);
    EXPECT_EQ(orders(), 5);
    EXPECT_EQ(ca.count("directory"), 1);
    EXPECT_EQ(ca.count("newAccount"), 1);
}

TEST_F(ManagerIssue, SinkForgetsWhatIsNotConfiguredAnyMore)
{
    configure({"a.example"});
    configure({"b.example"});
    start();
    run(30s);
    EXPECT_THAT(sink.retained, ElementsAre("a.example", "b.example"));
}

TEST_F(ManagerIssue, CertificateForOtherNamesIsNeitherServedNorStored)
{
    ca.certify = {crypto_test::name("wrong.example")};
    configure({"a.example"});
    start();
    run(30s);
    EXPECT_FALSE(is_served("a.example"));
    EXPECT_FALSE(is_stored("a.example"));
    EXPECT_EQ(log.count(LogLevel::error, "for other names"), 1);
}

TEST_F(ManagerIssue, CertificateForOtherNamesIsAFailureWithBackOff)
{
    ca.certify = {crypto_test::name("wrong.example")};
    configure({"a.example"});
    start();
    run(kDay - 1s);
    EXPECT_EQ(orders(), 1) << "each one counts against the CA's limits";
    ca.certify.clear();
    run(3h);
    EXPECT_EQ(orders(), 2);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerIssue, CertificateThatCannotBePublishedIsStored)
{
    sink.full = true;
    configure({"a.example"});
    start();
    run(1h);
    EXPECT_TRUE(is_stored("a.example"));
    EXPECT_EQ(log.count(LogLevel::crit, "the zone is full"), 1);
    EXPECT_EQ(orders(), 1);
}

}  // namespace
