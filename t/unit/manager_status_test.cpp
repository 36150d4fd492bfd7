// What the manager shows of each certificate, and what it remembers.
#include "manager_world.h"

namespace {

using namespace manager_test;
using status::State;
using testing::HasSubstr;

class ManagerStatus : public World {
protected:
    const status::Head& head() { return status.heads["a.example"]; }
    const status::Detail& detail() { return status.details["a.example"]; }

    std::vector<std::string> events()
    {
        std::vector<std::string> all;
        for (const auto& event : detail().history) {
            all.push_back(event.what);
        }
        return all;
    }
};

using Events = std::vector<std::string>;

TEST_F(ManagerStatus, FromPendingToValid)
{
    configure({"a.example"});
    ca.validating = 1min;
    start();
    run(5s);
    refresh();
    EXPECT_EQ(head().state, State::pending);
    EXPECT_EQ(head().next_action, status::NextAction::check);
    EXPECT_FALSE(detail().activity.empty());
    run(10min);
    EXPECT_EQ(head().state, State::valid);
    EXPECT_EQ(head().next_action, status::NextAction::renew);
    EXPECT_GT(head().next_at, head().not_before);
    EXPECT_LT(head().next_at, head().not_after);
    EXPECT_TRUE(detail().activity.empty());
    EXPECT_FALSE(detail().serial.empty());
    EXPECT_EQ(events(), Events{"issued"});
    EXPECT_EQ(status.counts["ca"].issued, 1U);
}

TEST_F(ManagerStatus, AFailureInTheWordsOfTheCa)
{
    configure({"a.example"});
    ca.unreachable = {"a.example"};
    start();
    run(30s);
    EXPECT_EQ(head().state, State::failing);
    EXPECT_EQ(head().attempts, 1U);
    EXPECT_EQ(head().next_action, status::NextAction::retry);
    ASSERT_TRUE(detail().last_error);
    ASSERT_TRUE(detail().last_error->problem);
    EXPECT_THAT(detail().last_error->problem->type, HasSubstr("acme:error:"));
    EXPECT_EQ(status.counts["ca"].failed, 1U);
    // What it was is known to the next helper, too.
    restart();
    run(1s);
    ASSERT_TRUE(detail().last_error && detail().last_error->problem);
    EXPECT_EQ(events(), Events{"failed"});
    ca.unreachable.clear();
    run(10min);
    EXPECT_EQ(head().state, State::valid);
    EXPECT_FALSE(detail().last_error);
    EXPECT_EQ(events(), (Events{"failed", "issued"}));
}

TEST_F(ManagerStatus, ACaThatIsDownIsShownWhereItIsWaitedFor)
{
    given_certificate({"b.example"});
    configure({"a.example"});
    configure({"b.example"});
    ca.down = true;
    start();
    run(1min);
    refresh();
    EXPECT_EQ(head().state, State::failing);
    EXPECT_GT(head().attempts, 0U);
    EXPECT_TRUE(detail().last_error);
    EXPECT_EQ(status.heads["b.example"].state, State::valid);
    ca.down = false;
    run(2h);
    refresh();
    EXPECT_EQ(head().state, State::valid);
}

TEST_F(ManagerStatus, RenewsAndThenHasExpired)
{
    given_certificate({"a.example"}, 80 * kDay);
    configure({"a.example"});
    ca.unreachable = {"a.example"};
    start();
    run(30s);
    EXPECT_EQ(head().state, State::failing);
    run(11 * kDay);
    EXPECT_EQ(head().state, State::expired);
    EXPECT_EQ(status::state_at(head(), loop.now()), State::expired);
}

TEST_F(ManagerStatus, CountsGoOnAfterARestart)
{
    configure({"a.example"});
    start();
    run(1min);
    restart();
    configure({"b.example"});
    restart();
    run(1min);
    EXPECT_EQ(status.counts["ca"].issued, 2U);
}

TEST_F(ManagerStatus, HoldsAFewEventsOfManyCertificates)
{
    for (int i = 0; i < 4000; i++) {
        configure({"c" + std::to_string(i) + ".example"});
    }
    store::History history(100, {loop.now(), "failed", "it failed"});
    store.histories["c0.example"] = store::encode(history);
    ca.down = true;
    start();
    run(1s);
    EXPECT_EQ(status.details["c0.example"].history.size(), 8U);
}

TEST_F(ManagerStatus, ADiskThatTakesNoHistoryHindersNothing)
{
    configure({"a.example"});
    store.histories["a.example"] = base::Secret("no JSON");
    start();
    run(1min);
    EXPECT_EQ(head().state, State::valid);
    EXPECT_EQ(events(), Events{"issued"});
    EXPECT_EQ(store::decode_history(store.histories["a.example"].reveal())
                  ->size(),
              1U);
}

}  // namespace
