#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "challenge/own_zone.h"
#include "challenge_board.h"

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OwnZone : public testing::Test {
protected:
    void add(const std::string& value)
    {
        zone_.add({"a.example.zone.example", value},
                  [](const base::Status& status) { EXPECT_TRUE(status); });
    }

    void remove(const std::string& value)
    {
        zone_.remove({"a.example.zone.example", value},
                     [](const base::Status& status) { EXPECT_TRUE(status); });
    }

    std::vector<std::string> values()
    {
        return challenge::split_values(
            board_.content[challenge::txt_place("a.example.zone.example")]);
    }

    challenge_test::Board board_;
    challenge::OwnZone zone_{board_, "acme.example", "ns.example"};
};

TEST_F(OwnZone, ValuesOfANameAndItsWildcardAreThereTogether)
{
    add("one");
    add("two");
    add("one");
    EXPECT_THAT(values(), ElementsAre("one", "two"));
    remove("one");
    EXPECT_THAT(values(), ElementsAre("two"));
}

TEST_F(OwnZone, ANameHasItsPlaceBelowTheZone)
{
    zone_.place("www.pium.life", [](base::Result<std::string> place) {
        ASSERT_TRUE(place);
        EXPECT_EQ(*place, "www.pium.life.acme.example");
    });
}

TEST_F(OwnZone, WithoutADelegationTheRecordToSetIsNamed)
{
    EXPECT_TRUE(zone_.check_zone(*dns::Name::from_text("acme.example")));
    const auto status = zone_.check_zone(*dns::Name::from_text("example"));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message,
              "the DNS record \"acme.example. NS ns.example.\" is missing "
              "(the name servers of example answer for it)");
}

TEST_F(OwnZone, NothingIsLeftBehind)
{
    add("one");
    remove("one");
    remove("one");
    EXPECT_THAT(board_.content, IsEmpty());
}

TEST_F(OwnZone, FullBoardIsReported)
{
    board_.full = true;
    bool reported = false;
    zone_.add({"a", "one"}, [&](const base::Status& status) {
        reported = !status;
    });
    EXPECT_TRUE(reported);
}

}  // namespace
