// The history of a certificate: bounded, whatever happens and is said.
#include "store/history.h"

#include <gtest/gtest.h>

#include "store/layout.h"

namespace {

using namespace store;
using std::chrono::seconds;

const base::Time kMoment{seconds(1'800'000'000)};

TEST(History, ComesBackAsItWas)
{
    History history{{kMoment, "issued", "valid until then"},
                    {kMoment + seconds(60), "failed", "\"no\" \\ \xe2\x82\xac"}};
    const auto read = decode_history(encode(history).reveal());
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ((*read)[0].at, kMoment);
    EXPECT_EQ((*read)[0].what, "issued");
    EXPECT_EQ((*read)[1].text, history[1].text);
}

TEST(History, KeepsTheLatest)
{
    History history;
    for (std::size_t i = 0; i < kMaxEvents + 5; i++) {
        append(history, {kMoment, "failed", std::to_string(i)});
    }
    ASSERT_EQ(history.size(), kMaxEvents);
    EXPECT_EQ(history.front().text, "5");
    EXPECT_EQ(history.back().text, std::to_string(kMaxEvents + 4));
}

TEST(History, FitsItsFileWhateverIsSaid)
{
    History history;
    for (std::size_t i = 0; i < kMaxEvents; i++) {
        append(history, {kMoment, "failed", std::string(100'000, '"')});
    }
    EXPECT_LE(encode(history).reveal().size(),
              place_of_history("a.example")->limit);
}

TEST(History, IsDamagedOrNot)
{
    EXPECT_FALSE(decode_history("no JSON"));
    EXPECT_FALSE(decode_history("{}"));
    EXPECT_FALSE(decode_history(R"({"version":1})"));
    EXPECT_FALSE(decode_history(R"({"version":2,"events":[]})"));
    const auto odd = decode_history(
        R"({"version":1,"events":[3,{},{"at":"then","event":"x"},)"
        R"({"at":"2026-11-27T00:00:00Z","event":"issued"}]})");
    ASSERT_TRUE(odd);
    ASSERT_EQ(odd->size(), 1U);
    EXPECT_EQ(odd->front().what, "issued");
}

}  // namespace
