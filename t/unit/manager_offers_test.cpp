// What a CA offers beside a certificate: profiles and chains; and keys.

#include "manager_world.h"

namespace {

using namespace manager_test;
using testing::ElementsAre;

class ManagerOffers : public World {
protected:
    void offer(const Names& profiles)
    {
        for (const auto& name : profiles) {
            ca.meta["profiles"][name] = "https://ca.example/profiles";
        }
    }

    void want(const char* profile, bool required = false)
    {
        settings.issuers[0].profile = {profile, required};
    }

    void obtain()
    {
        configure({"a.example"});
        start();
        run(30s);
    }

    std::string root_of(const std::string& id) const
    {
        return served(id)->chain.back().issuer();
    }
};

TEST_F(ManagerOffers, ProfileIsAskedFor)
{
    offer({"classic", "shortlived"});
    want("shortlived");
    obtain();
    EXPECT_THAT(ca.profiles, ElementsAre("shortlived"));
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerOffers, ProfileOfTheCertificateComesFirst)
{
    offer({"classic", "shortlived"});
    want("shortlived");
    configure({"a.example"});
    settings.certificates[0].profile.name = "classic";
    start();
    run(30s);
    EXPECT_THAT(ca.profiles, ElementsAre("classic"));
}

TEST_F(ManagerOffers, ProfileThatIsNotThereIsDoneWithout)
{
    offer({"classic", "shortlived"});
    want("tlsclient");
    obtain();
    EXPECT_THAT(ca.profiles, ElementsAre(""));
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(log.count(LogLevel::warn,
                        "\"tlsclient\", but \"classic\" \"shortlived\"; "
                        "ordering without it"), 1);
}

TEST_F(ManagerOffers, ProfileThatIsRequiredIsNot)
{
    offer({"classic"});
    want("tlsclient", true);
    obtain();
    run(23h);
    EXPECT_TRUE(ca.profiles.empty()) << "the CA is not asked";
    EXPECT_EQ(log.count(LogLevel::error, "\"tlsclient\""), 1);
    offer({"tlsclient"});
    run(25h);
    EXPECT_THAT(ca.profiles, ElementsAre("tlsclient"))
        << "it is looked at again at each order";
}

TEST_F(ManagerOffers, ProfileThatTheCaRefusesIsDoneWithout)
{
    offer({"shortlived"});
    want("shortlived");
    ca.fault("newOrder", 1, problem(400, "invalidProfile"));
    obtain();
    EXPECT_THAT(ca.profiles, ElementsAre(""));
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(log.count(LogLevel::warn, "invalidProfile"), 1);
}

TEST_F(ManagerOffers, ProfileThatIsRequiredAndRefusedIsAFailure)
{
    offer({"shortlived"});
    want("shortlived", true);
    ca.fault("newOrder", 1, problem(400, "invalidProfile"));
    obtain();
    EXPECT_EQ(orders(), 1);
    EXPECT_FALSE(is_served("a.example"));
    EXPECT_EQ(log.count(LogLevel::error, "invalidProfile"), 1);
}

// --- chains ----------------------------------------------------------------

TEST_F(ManagerOffers, ChainIsTheDefaultOne)
{
    ca.alternates = {"Root B", "Root C"};
    obtain();
    EXPECT_EQ(root_of("a.example"), "Root");
    EXPECT_EQ(ca.count("alternate"), 0);
}

TEST_F(ManagerOffers, ChainIsFoundByTheNameOfItsRoot)
{
    ca.alternates = {"Root B", "Root C", "Root D"};
    settings.issuers[0].preferred_chain = "Root C";
    obtain();
    EXPECT_EQ(root_of("a.example"), "Root C");
    EXPECT_EQ(log.count(LogLevel::warn, ""), 0);
}

TEST_F(ManagerOffers, ChainIsFoundByTheDigestOfACertificate)
{
    ca.alternates = {"Root B"};
    settings.issuers[0].preferred_chain = "Root B";
    obtain();
    const auto digest = served("a.example")->chain.back().fingerprint();
    EXPECT_EQ(digest.size(), 64);
    EXPECT_TRUE(crypto::leads_to(served("a.example")->chain, digest));
    EXPECT_FALSE(crypto::leads_to(served("a.example")->chain,
                                  std::string(64, '0')));
}

TEST_F(ManagerOffers, ChainThatIsNotThereIsDoneWithout)
{
    ca.alternates = {"Root B", "Root C"};
    settings.issuers[0].preferred_chain = "Root X";
    obtain();
    EXPECT_EQ(root_of("a.example"), "Root");
    EXPECT_EQ(log.count(LogLevel::warn, "no chain leads to the preferred "
                                        "\"Root X\", the CA offers \"Root\""),
              1);
}

TEST_F(ManagerOffers, ChainThatCannotBeHadIsPassedOver)
{
    ca.alternates = {"Root B", "Root C"};
    ca.fault("alternate", 1, problem(500, "serverInternal"));
    settings.issuers[0].preferred_chain = "Root B";
    obtain();
    EXPECT_EQ(root_of("a.example"), "Root B");
    EXPECT_EQ(log.count(LogLevel::warn, "it is passed over"), 1);
}

// --- keys ------------------------------------------------------------------

TEST_F(ManagerOffers, KeyIsANewOneEachTime)
{
    obtain();
    const auto before = *served("a.example")->key.to_pem();
    run(61 * kDay);
    EXPECT_EQ(orders(), 2);
    EXPECT_NE(*served("a.example")->key.to_pem(), before);
}

TEST_F(ManagerOffers, KeyIsTheOneBeforeWhereThatIsWanted)
{
    configure({"a.example"});
    settings.certificates[0].key.reuse = true;
    start();
    run(30s);
    const auto before = *served("a.example")->key.to_pem();
    run(61 * kDay);
    EXPECT_EQ(orders(), 2);
    EXPECT_EQ(*served("a.example")->key.to_pem(), before);
}

TEST_F(ManagerOffers, KeyOfAnotherTypeIsNotReused)
{
    configure({"a.example"});
    settings.certificates[0].key.reuse = true;
    start();
    run(30s);
    settings.certificates[0].key.type = crypto::KeyType::ecdsa_384;
    restart();
    run(30s);
    EXPECT_EQ(served("a.example")->key.type(), crypto::KeyType::ecdsa_384);
}

}  // namespace
