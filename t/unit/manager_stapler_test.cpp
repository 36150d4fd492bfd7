// OCSP responses: for whom they are got, when, and what comes of them.

#include "manager_world.h"

#include "crypto/ocsp.h"

namespace {

using namespace manager_test;

class ManagerStapler : public World {
protected:
    ManagerStapler()
    {
        ca.runs_ocsp = true;
        configure({"a.example"});
    }

    void obtain()
    {
        start();
        run(1min);
        ASSERT_TRUE(is_served("a.example"));
    }

    bool is_stapled() const
    {
        const auto found = sink.staples.find("a.example");
        return found != sink.staples.end()
            && found->second.holds_until > loop.now()
            && found->second.fingerprint
                == served("a.example")->chain.front().fingerprint();
    }

    std::size_t asked() const { return ca.count("ocsp"); }
};

TEST_F(ManagerStapler, GetsAResponseAtOnceAndTheNextAtHalfTime)
{
    obtain();
    EXPECT_TRUE(is_stapled());
    EXPECT_EQ(asked(), 1);
    run(84h - 2min);
    EXPECT_EQ(asked(), 1);
    run(2min);
    EXPECT_EQ(asked(), 2);
    run(50 * kDay);
    EXPECT_EQ(asked(), 16);
    EXPECT_TRUE(is_stapled());
}

TEST_F(ManagerStapler, AsksNobodyWhereThereIsNoResponder)
{
    ca.runs_ocsp = false;
    obtain();
    run(10 * kDay);
    EXPECT_EQ(asked(), 0);
    EXPECT_TRUE(sink.staples.empty());
    EXPECT_EQ(log.count(LogLevel::warn, ""), 0);
}

TEST_F(ManagerStapler, KeepsTheResponseOverARestart)
{
    obtain();
    sink.staples.clear();
    restart();
    run(1min);
    EXPECT_TRUE(is_stapled());
    EXPECT_EQ(asked(), 1);
}

TEST_F(ManagerStapler, DoesNotBelieveWhatIsStored)
{
    obtain();
    sink.staples.clear();
    store.staples["a.example"] = base::Secret("damaged");
    restart();
    run(1min);
    EXPECT_TRUE(is_stapled());
    EXPECT_EQ(asked(), 2);
}

TEST_F(ManagerStapler, FollowsARenewal)
{
    obtain();
    run(61 * kDay);
    EXPECT_EQ(orders(), 2);
    EXPECT_TRUE(is_stapled());
}

TEST_F(ManagerStapler, InTroubleKeepsWhatItHasAndTellsOnce)
{
    obtain();
    ca.fault("ocsp", 100000, problem(503, "serverInternal"));
    run(84h + 30min);
    EXPECT_TRUE(is_stapled());
    EXPECT_EQ(log.count(LogLevel::warn, "the one stapled holds until"), 1);
    EXPECT_LE(asked(), 1 + 5);
    const auto before = asked();
    run(24h);
    EXPECT_LE(asked() - before, 25) << "hourly";
    run(3 * kDay);
    EXPECT_GE(log.count(LogLevel::warn, "nothing is stapled"), 1);
    ca.heal();
    run(1h);
    EXPECT_TRUE(is_stapled());
    EXPECT_EQ(orders(), 1) << "no reason for another certificate";
}

TEST_F(ManagerStapler, RevokedIsReplaced)
{
    obtain();
    const auto before = served("a.example")->chain.front().fingerprint();
    ca.ocsp_status = V_OCSP_CERTSTATUS_REVOKED;
    run(85h);
    EXPECT_GE(orders(), 2);
    EXPECT_NE(served("a.example")->chain.front().fingerprint(), before);
    EXPECT_GE(log.count(LogLevel::error, "the CA has revoked"), 1);
}

TEST_F(ManagerStapler, ThatIsToldSoOfEachCertificateDoesNotStorm)
{
    ca.ocsp_status = V_OCSP_CERTSTATUS_REVOKED;
    obtain();
    run(30 * kDay);
    EXPECT_LE(orders(), 1 + 15);
}

}  // namespace
