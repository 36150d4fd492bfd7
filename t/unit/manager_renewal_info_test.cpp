// What CAs suggest about renewals (RFC 9773): when they are asked, what comes
// of it, and what does not.

#include "manager_world.h"

namespace {

using namespace manager_test;
using testing::ElementsAre;
using testing::Each;

class ManagerRenewalInfo : public World {
protected:
    // A window that begins and ends so long from now.
    std::string window(base::Duration start, base::Duration end,
                       const std::string& url = "")
    {
        Json body{{"suggestedWindow",
                   {{"start", base::format_time(loop.now() + start)},
                    {"end", base::format_time(loop.now() + end)}}}};
        if (!url.empty()) {
            body["explanationURL"] = url;
        }
        return body.dump();
    }

    void obtain()
    {
        configure({"a.example"});
        start();
        run(1min);
        ASSERT_TRUE(is_served("a.example"));
    }

    std::size_t asked() const { return ca.count("renewalInfo"); }
};

TEST_F(ManagerRenewalInfo, IsAskedForAtOnceAndDecidesWhen)
{
    ca.renewal_info = window(10 * kDay, 12 * kDay);
    random.value = 0.5;
    obtain();
    EXPECT_EQ(asked(), 1);
    run(11 * kDay - 2min);
    EXPECT_EQ(orders(), 1);
    run(2min);
    EXPECT_EQ(orders(), 2);
    EXPECT_EQ(ca.asked_about.back(), "a2V5.Ag") << "key, 2";
}

// Of a six-day certificate it lasts for hours: who looks in from time to time
// would miss it.
TEST_F(ManagerRenewalInfo, IsKeptToTheInstant)
{
    ca.lifetime = 160h;
    ca.renewal_info = window(78h, 78h + 1min);
    random.value = 0.25;
    obtain();
    run(78h + 15s - 1min - 100ms);
    EXPECT_EQ(orders(), 1);
    run(200ms);
    EXPECT_EQ(orders(), 2);
}

TEST_F(ManagerRenewalInfo, OutlivesARestart)
{
    ca.renewal_info = window(10 * kDay, 20 * kDay);
    random.value = 0.9;
    obtain();
    for (int i = 0; i < 10; ++i) {
        random.value = 0.1;
        restart();
        run(1min);
    }
    EXPECT_EQ(asked(), 1) << "not sooner than the CA wants";
    run(18 * kDay);
    EXPECT_EQ(orders(), 1) << "the moment was chosen once";
    run(1 * kDay);
    EXPECT_EQ(orders(), 2);
}

TEST_F(ManagerRenewalInfo, ThatChangesIsChosenFromAgain)
{
    ca.renewal_info = window(50 * kDay, 52 * kDay);
    obtain();
    ca.renewal_info = window(5 * kDay, 6 * kDay, "https://ca.example/why");
    run(6h);
    EXPECT_EQ(log.count(LogLevel::notice, "https://ca.example/why"), 1);
    EXPECT_EQ(asked(), 2);
    run(6h);
    EXPECT_EQ(log.count(LogLevel::notice, "https://ca.example/why"), 1);
    run(4 * kDay + 11h);
    EXPECT_EQ(orders(), 1);
    run(1 * kDay);
    EXPECT_EQ(orders(), 2);
}

TEST_F(ManagerRenewalInfo, IsShown)
{
    ca.renewal_info =
        window(50 * kDay, 52 * kDay, "https://ca.example/<why>\n");
    obtain();
    refresh();
    const auto& shown = status.details["a.example"];
    ASSERT_TRUE(shown.suggestion);
    EXPECT_EQ(shown.suggestion->explanation_url,
              "https://ca.example/<why> ");
    EXPECT_EQ(shown.history.back().what, "renewal suggested");
}

struct Pace {
    const char* retry_after;
    std::size_t asked_in_a_day;
};

class RenewalInfoAt : public ManagerRenewalInfo,
                      public testing::WithParamInterface<Pace> {};

TEST_P(RenewalInfoAt, ThePaceThatTheCaWants)
{
    ca.renewal_info = window(50 * kDay, 52 * kDay);
    ca.renewal_retry_after = GetParam().retry_after;
    obtain();
    const auto before = asked();
    run(24h);
    EXPECT_EQ(asked() - before, GetParam().asked_in_a_day);
}

INSTANTIATE_TEST_SUITE_P(
    ManagerRenewalInfo, RenewalInfoAt,
    testing::Values(Pace{"21600", 4}, Pace{"3600", 24}, Pace{"1", 1440},
                    Pace{"864000", 1}, Pace{"", 4}, Pace{"soon", 4}));

TEST_F(ManagerRenewalInfo, CannotMakeAStormOfOrders)
{
    ca.renewal_info = window(-2h, -1h);
    obtain();
    run(10 * kDay);
    EXPECT_LE(orders(), 1 + 5);
    EXPECT_GE(orders(), 1 + 4);
}

TEST_F(ManagerRenewalInfo, CannotLetACertificateRunOut)
{
    ca.renewal_info = window(400 * kDay, 401 * kDay);
    obtain();
    run(90 * kDay * 19 / 20 - 2min);
    EXPECT_EQ(orders(), 1);
    run(2min);
    EXPECT_EQ(orders(), 2);
}

class RenewalInfoLike : public ManagerRenewalInfo,
                        public testing::WithParamInterface<const char*> {};

TEST_P(RenewalInfoLike, ThisIsPassedOver)
{
    ca.renewal_info = GetParam();
    obtain();
    EXPECT_EQ(log.count(LogLevel::warn, "renewal information"), 1);
    run(24h);
    EXPECT_EQ(asked(), 1 + 4) << "each six hours";
    run(59 * kDay - 2min);
    EXPECT_EQ(orders(), 1);
    run(2min);
    EXPECT_EQ(orders(), 2) << "at the time of its own";
}

INSTANTIATE_TEST_SUITE_P(
    ManagerRenewalInfo, RenewalInfoLike,
    testing::Values(
        "[]", "<html>", "{}", R"({"suggestedWindow":{}})",
        R"({"suggestedWindow":{"start":"now","end":"then"}})",
        R"({"suggestedWindow":{"start":"2026-11-24T00:00:00Z",)"
        R"("end":"2026-11-23T00:00:00Z"}})",
        R"({"suggestedWindow":{"start":"2026-11-24T00:00:00Z",)"
        R"("end":"2026-11-24T00:00:00Z"}})"));

TEST_F(ManagerRenewalInfo, InTroubleIsAskedForAFewTimesMore)
{
    ca.renewal_info = window(50 * kDay, 52 * kDay);
    ca.fault("renewalInfo", 1000, problem(503, "serverInternal"));
    obtain();
    run(31min);
    EXPECT_EQ(asked(), 1 + 5) << "after 1, 2, 4, 8 and 16 minutes";
    run(5h);
    EXPECT_EQ(asked(), 1 + 5);
    run(1h);
    EXPECT_EQ(asked(), 2 + 5);
    EXPECT_EQ(log.count(LogLevel::warn, ""), 0) << "nothing depends on it";
}

TEST_F(ManagerRenewalInfo, RefusedIsAskedForEachSixHours)
{
    ca.renewal_info = window(50 * kDay, 52 * kDay);
    ca.fault("renewalInfo", 1000, problem(404, "malformed"));
    obtain();
    run(24h);
    EXPECT_EQ(asked(), 1 + 4);
}

TEST_F(ManagerRenewalInfo, OfAFleetDoesNotHammerACaInTrouble)
{
    ca.renewal_info = window(50 * kDay, 52 * kDay);
    for (int i = 0; i < 30; ++i) {
        configure({"a" + std::to_string(i) + ".example"});
    }
    start();
    run(10min);
    ASSERT_EQ(sink.served.size(), 30);
    ASSERT_EQ(asked(), 30);
    ca.requests.clear();
    ca.down = true;
    run(30h);
    EXPECT_LE(ca.requests.size(), 150);
    ca.down = false;
    ca.requests.clear();
    run(12h);
    EXPECT_GE(asked(), 30) << "all of them";
}

TEST_F(ManagerRenewalInfo, IsNotAskedForWhereThereIsNone)
{
    obtain();
    run(2 * kDay);
    EXPECT_EQ(asked(), 0);
    EXPECT_THAT(ca.replaced, ElementsAre(""));
}

TEST_F(ManagerRenewalInfo, IsNotAskedForOfOneThatHasEnded)
{
    ca.renewal_info = window(10 * kDay, 12 * kDay);
    obtain();
    ca.fault("newOrder", 100000, problem(500, "serverInternal"));
    run(90 * kDay);
    const auto before = asked();
    run(5 * kDay);
    EXPECT_EQ(asked(), before);
}

TEST_F(ManagerRenewalInfo, HasTheNextOrderSayWhatItReplaces)
{
    ca.renewal_info = window(10 * kDay, 12 * kDay);
    obtain();
    run(11 * kDay);
    EXPECT_THAT(ca.replaced, ElementsAre("", "a2V5.AQ"));
}

TEST_F(ManagerRenewalInfo, WhoseReplacementIsRefusedMakesANewOrderOnce)
{
    ca.renewal_info = window(10 * kDay, 12 * kDay);
    obtain();
    ca.refusal_of_replaces = problem(409, "alreadyReplaced");
    run(10 * kDay);
    EXPECT_THAT(ca.replaced, ElementsAre("", "a2V5.AQ", ""));
    EXPECT_EQ(log.count(LogLevel::notice, "renewed"), 1);
    EXPECT_EQ(log.count(LogLevel::warn, "alreadyReplaced"), 1);
}

// Pebble's answer to one serial in 256: those with a zero byte before them.
TEST_F(ManagerRenewalInfo, WhoseReplacementMakesTheCaStumbleIsNoMore)
{
    ca.renewal_info = window(10 * kDay, 12 * kDay);
    obtain();
    ca.refusal_of_replaces = problem(500, "serverInternal");
    run(11 * kDay);
    EXPECT_THAT(ca.replaced, ElementsAre("", "a2V5.AQ", ""));
    EXPECT_EQ(log.count(LogLevel::notice, "renewed"), 1);
}

TEST_F(ManagerRenewalInfo, ACaThatNamesATimeIsNotAskedBefore)
{
    ca.renewal_info = window(10 * kDay, 12 * kDay);
    obtain();
    ca.refusal_of_replaces = problem(500, "serverInternal");
    ca.refusal_of_replaces->headers.emplace_back("Retry-After", "172800");
    run(11 * kDay);
    EXPECT_THAT(ca.replaced, ElementsAre("", "a2V5.AQ"));
}

TEST_F(ManagerRenewalInfo, IsOfNoUseToAnotherCa)
{
    ca.renewal_info = window(10 * kDay, 12 * kDay);
    other_ca.renewal_info = ca.renewal_info;
    obtain();
    settings.issuers[0].directory = other_ca.directory();
    restart();
    run(1h);
    EXPECT_THAT(other_ca.replaced, ElementsAre(""));
}

}  // namespace
