#include "challenge/dns_persist_01.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns_world.h"
#include "manager_fakes.h"

namespace {

using namespace dns_test;
using base::ErrorKind;
using testing::HasSubstr;

const std::string kRecord = "ca.example; accounturi=https://ca.example/1";
constexpr const char* kServer = "192.0.2.1";

class ChallengeDnsPersist01 : public testing::Test {
protected:
    ChallengeDnsPersist01()
    {
        world.know_zone("pium.life", "ns1.pium.life");
        world.know_server("pium.life", "ns1.pium.life", kServer);
    }

    void have(const std::string& value)
    {
        world.know(kServer,
                   dns::make_txt(name("_validation-persist.www.pium.life"),
                                 value, 60));
    }

    base::Status present(bool is_one_of_two = false)
    {
        challenge::Proof proof{{base::Identifier::Type::dns, "www.pium.life"},
                               "", "", "", is_one_of_two};
        proof.issuers = {"ca.example"};
        proof.accounts = {"https://ca.example/1"};
        std::optional<base::Status> outcome;
        solver.present(proof, [&](base::Status s) { outcome = std::move(s); });
        world.loop.run_until([&] { return outcome.has_value(); });
        solver.clean_up(proof);
        return outcome.value_or(
            base::Error{ErrorKind::internal, "it never ends"});
    }

    World world;
    manager_test::Log log;
    challenge::DnsPersist01 solver{
        [this] { return std::make_unique<Resolver>(world); }, world.loop,
        world.loop, log};
};

TEST_F(ChallengeDnsPersist01, IsPresentOnceTheRecordIs)
{
    expect_error(present(), ErrorKind::protocol,
                 "the DNS record _validation-persist.www.pium.life. TXT \""
                     + kRecord + "\" is missing (there is none for this");
    have("of somebody else");
    have(kRecord);
    EXPECT_TRUE(present());
}

TEST_F(ChallengeDnsPersist01, ANameAndItsWildcardHaveOneRecord)
{
    have(kRecord);
    expect_error(present(true), ErrorKind::protocol,
                 kRecord + "; policy=wildcard\" is missing (there is one "
                           "without \"policy=wildcard\")");
    have(kRecord + "; policy=wildcard");
    EXPECT_TRUE(present(true));
}

TEST_F(ChallengeDnsPersist01, SilenceIsNoMissingRecord)
{
    world.silent = {kServer};
    expect_error(present(), ErrorKind::network, "looking for the DNS record");
}

TEST_F(ChallengeDnsPersist01, WarnsOfTheEndOfTheRecord)
{
    const auto until = [&](base::Duration left) {
        const auto end = world.loop.now() + left;
        return "; persistUntil="
            + std::to_string(std::chrono::floor<std::chrono::seconds>(end)
                                 .time_since_epoch()
                                 .count());
    };
    have(kRecord + until(61 * 24h));
    EXPECT_TRUE(present());
    EXPECT_TRUE(log.lines.empty());
    world.known[kServer].clear();
    have(kRecord + until(59 * 24h));
    EXPECT_TRUE(present());
    ASSERT_EQ(log.lines.size(), 1u);
    EXPECT_THAT(log.lines[0].text,
                HasSubstr("_validation-persist.www.pium.life. ends at 20"));
}

}  // namespace
