// What the operator wants done out of turn.
#include "manager_world.h"

namespace {

using namespace manager_test;
using manager::Action;
using status::State;

class ManagerCommands : public World {
protected:
    ManagerCommands()
    {
        manager::IssuerSettings twin;
        twin.name = "twin";
        twin.directory = other_ca.directory();
        settings.issuers.push_back(twin);
        settings.issuers[0].rehearsal = 1;
    }

    // One that was issued some days ago.
    void given_one()
    {
        configure({"a.example"});
        start();
        run(1min);
        run(5 * kDay);
        ASSERT_TRUE(is_served("a.example"));
        ASSERT_EQ(orders(), 1U);
    }

    std::string serial()
    {
        return served("a.example")->chain.front().fingerprint();
    }

    bool has_event(const std::string& what)
    {
        const auto& history = status.details["a.example"].history;
        return std::ranges::find(history, what, &store::Event::what)
            != history.end();
    }
};

TEST_F(ManagerCommands, RenewOrdersAtOnce)
{
    given_one();
    const auto before = serial();
    command("a.example", Action::renew);
    EXPECT_TRUE(job("a.example").renew);
    run(1min);
    EXPECT_EQ(orders(), 2U);
    EXPECT_NE(serial(), before);
    EXPECT_FALSE(job("a.example").renew);
    EXPECT_TRUE(commands.queued.empty());
    EXPECT_TRUE(has_event("command"));
    run(5 * kDay);
    EXPECT_EQ(orders(), 2U);
}

TEST_F(ManagerCommands, RenewOutlivesTheHelper)
{
    given_one();
    ca.down = true;
    command("a.example", Action::renew);
    run(5min);
    restart();
    ca.down = false;
    run(2h);
    EXPECT_EQ(orders(), 2U);
    EXPECT_FALSE(job("a.example").renew);
}

TEST_F(ManagerCommands, RenewDoesNotShortenABackOff)
{
    configure({"a.example"});
    ca.unreachable = {"a.example"};
    start();
    run(1h);
    const auto before = orders();
    command("a.example", Action::renew);
    run(10s);
    EXPECT_EQ(orders(), before);
}

TEST_F(ManagerCommands, RetryDoes)
{
    configure({"a.example"});
    ca.unreachable = {"a.example"};
    start();
    run(1h);
    ca.unreachable.clear();
    command("a.example", Action::retry);
    run(10s);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(status.heads["a.example"].state, State::valid);
}

TEST_F(ManagerCommands, RetryTurnsToACaThatWasDown)
{
    configure({"a.example"});
    ca.down = true;
    start();
    run(2h);
    ca.down = false;
    command("a.example", Action::retry);
    run(10s);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerCommands, RevokesAndOrdersAnother)
{
    given_one();
    const auto leaf = crypto::to_der(served("a.example")->chain.front());
    command("a.example", Action::revoke, 4);
    run(1min);
    ASSERT_EQ(ca.revoked.size(), 1U);
    EXPECT_EQ(ca.revoked[0].der, *leaf);
    EXPECT_EQ(ca.revoked[0].reason, 4);
    EXPECT_EQ(orders(), 2U);
    EXPECT_NE(crypto::to_der(served("a.example")->chain.front()).operator*(),
              *leaf);
    EXPECT_TRUE(has_event("revoked"));
}

TEST_F(ManagerCommands, ACompromisedKeyIsReplacedFirst)
{
    given_one();
    settings.certificates[0].key.reuse = true;
    restart();
    run(1s);
    const auto before = served("a.example");
    const auto leaf = *crypto::to_der(before->chain.front());
    ca.unreachable = {"a.example"};
    command("a.example", Action::revoke, 1);
    run(30s);
    EXPECT_TRUE(ca.revoked.empty()) << "it is still better than none";
    ca.unreachable.clear();
    restart();
    run(25h);
    ASSERT_EQ(ca.revoked.size(), 1U);
    EXPECT_EQ(ca.revoked[0].der, leaf);
    EXPECT_EQ(ca.revoked[0].reason, 1);
    EXPECT_NE(*served("a.example")->key.to_pem(), *before->key.to_pem());
    EXPECT_FALSE(job("a.example").revocation);
    EXPECT_TRUE(has_event("revoked"));
}

TEST_F(ManagerCommands, OfACompromisedKeyTheRevocationIsNotForgotten)
{
    given_one();
    ca.fault("revokeCert", 2, problem(500, "serverInternal"));
    command("a.example", Action::revoke, 1);
    run(1min);
    EXPECT_TRUE(ca.revoked.empty());
    EXPECT_EQ(orders(), 2U);
    restart();
    run(2h);
    EXPECT_EQ(ca.revoked.size(), 1U);
    run(48h);
    EXPECT_EQ(ca.revoked.size(), 1U);
    EXPECT_EQ(orders(), 2U);
}

TEST_F(ManagerCommands, WhatWasRevokedBeforeIsRevoked)
{
    given_one();
    ca.fault("revokeCert", 1, problem(400, "alreadyRevoked"));
    command("a.example", Action::revoke);
    run(1min);
    EXPECT_TRUE(has_event("revoked"));
    EXPECT_EQ(orders(), 2U);
}

TEST_F(ManagerCommands, ARefusedRevocationChangesNothing)
{
    given_one();
    ca.fault("revokeCert", 1, problem(403, "unauthorized"));
    command("a.example", Action::revoke);
    run(1h);
    EXPECT_TRUE(has_event("revocation failed"));
    EXPECT_EQ(log.count(LogLevel::error, "it is not revoked, ask again"), 1U);
    EXPECT_EQ(orders(), 1U);
    EXPECT_TRUE(commands.queued.empty());
}

TEST_F(ManagerCommands, ARevocationIsAskedForAgainByTheNextHelper)
{
    given_one();
    command("a.example", Action::revoke);
    die();
    start();
    run(1s);
    refresh();
    run(1min);
    EXPECT_EQ(ca.revoked.size(), 1U);
    EXPECT_EQ(orders(), 2U);
}

TEST_F(ManagerCommands, ARehearsalLeavesEverythingAsItWas)
{
    given_one();
    const auto before = serial();
    const auto jobs = store.jobs.size();
    command("a.example", Action::rehearse);
    run(1min);
    EXPECT_EQ(other_ca.count("newOrder"), 1U);
    EXPECT_EQ(other_ca.count("certificate"), 1U);
    EXPECT_EQ(orders(), 1U);
    EXPECT_EQ(serial(), before);
    EXPECT_EQ(store.jobs.size(), jobs);
    EXPECT_TRUE(has_event("rehearsed"));
    EXPECT_TRUE(status.details["a.example"].rehearsed_well);
    EXPECT_TRUE(commands.queued.empty());
    EXPECT_EQ(status.heads["a.example"].state, State::valid);
}

TEST_F(ManagerCommands, ARehearsalFailsInTheWordsOfTheCa)
{
    given_one();
    other_ca.fault("newOrder", 9, problem(403, "rejectedIdentifier"));
    command("a.example", Action::rehearse);
    run(1min);
    const auto& detail = status.details["a.example"];
    EXPECT_FALSE(detail.rehearsed_well);
    ASSERT_TRUE(detail.rehearsal && detail.rehearsal->problem);
    EXPECT_EQ(detail.rehearsal->problem->detail, "as the test wants it");
    EXPECT_TRUE(has_event("rehearsal failed"));
    EXPECT_EQ(job("a.example").failures, 0U);
    EXPECT_EQ(status.heads["a.example"].state, State::valid);
}

TEST_F(ManagerCommands, ARehearsalWaitsForTheRealAttempt)
{
    configure({"a.example"});
    ca.validating = 1min;
    start();
    run(5s);
    command("a.example", Action::rehearse);
    run(5s);
    EXPECT_EQ(other_ca.count("newOrder"), 0U);
    run(10min);
    refresh();
    run(1min);
    EXPECT_EQ(other_ca.count("newOrder"), 1U);
}

TEST_F(ManagerCommands, TheRealAttemptWaitsForARehearsal)
{
    configure({"a.example"});
    ca.down = true;
    other_ca.validating = 1min;
    start();
    run(1s);
    command("a.example", Action::rehearse);
    run(1s);
    ca.down = false;
    command("a.example", Action::retry);
    run(30s);
    EXPECT_EQ(orders(), 0U);
    run(5min);
    EXPECT_EQ(orders(), 1U);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerCommands, ACommandForNobodyIsDropped)
{
    given_one();
    command("b.example", Action::renew);
    EXPECT_TRUE(commands.queued.empty());
}

TEST(Command, Reasons)
{
    using manager::parse_reason;
    EXPECT_EQ(*parse_reason(""), 0);
    EXPECT_EQ(*parse_reason("keyCompromise"), 1);
    EXPECT_EQ(*parse_reason("5"), 5);
    for (const auto* bad : {"because", "2", "8", "-1", "1 "}) {
        EXPECT_FALSE(parse_reason(bad)) << bad;
    }
}

}  // namespace
