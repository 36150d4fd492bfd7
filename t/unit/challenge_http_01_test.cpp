#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "challenge/http_01.h"
#include "challenge_board.h"
#include "challenge_outside.h"

namespace {

using testing::HasSubstr;

const challenge::Proof kProof = {
    {base::Identifier::Type::dns, "a.example"}, "token", "token.thumbprint"};
const std::string kPlace = challenge::http_01_place("token", "a.example");

class Http01 : public testing::Test {
protected:
    // What a look from outside finds: "ok" or the error.
    std::string preflight(const std::string& name = "a.example")
    {
        auto proof = kProof;
        proof.identifier = *base::parse_identifier(name);
        std::optional<std::string> found;
        solver.preflight(proof, [&](const base::Status& status) {
            found = status ? "ok" : status.error().message;
        });
        machine.world.loop.run_until([&] { return found.has_value(); });
        EXPECT_TRUE(board.content.empty()) << "nothing is left behind";
        return found.value_or("it never ends");
    }

    // This nginx, and others, at an address.
    void serve_at(const std::string& address)
    {
        machine.answers[address] = [this] {
            const auto found = board.content.find(kPlace);
            return found == board.content.end()
                ? http::Response{404, {}, ""}
                : http::Response{200, {}, found->second};
        };
    }

    void know(const std::string& address)
    {
        machine.world.know_address("a.example", address);
    }

    challenge_test::Board board;
    challenge_test::Machine machine;
    challenge::Http01 solver{board, machine.outside};
};

TEST_F(Http01, IsOfTheTypeThatRfc8555Names)
{
    EXPECT_EQ(solver.type(), "http-01");
}

TEST_F(Http01, TheAnswerIsOnTheBoardBeforeItIsReported)
{
    int reports = 0;
    solver.present(kProof, [&](base::Status status) {
        ++reports;
        EXPECT_TRUE(status);
        EXPECT_EQ(board.content[kPlace], "token.thumbprint");
    });
    EXPECT_EQ(reports, 1);
}

TEST_F(Http01, AFullBoardIsReportedOnce)
{
    board.full = true;
    int reports = 0;
    solver.present(kProof, [&](base::Status status) {
        ++reports;
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().kind, base::ErrorKind::internal);
        EXPECT_EQ(status.error().message, "publishing the answer: no room");
    });
    EXPECT_EQ(reports, 1);
}

TEST_F(Http01, CleaningUpWithdrawsTheAnswer)
{
    board.content[kPlace] = "of the process before";
    solver.clean_up(kProof);
    EXPECT_TRUE(board.content.empty());
}

TEST_F(Http01, CleaningUpAllClearsTheBoard)
{
    board.content["anything"] = "else";
    solver.clean_up_all();
    EXPECT_TRUE(board.content.empty());
}

TEST_F(Http01, TheSolverMayBeGoneWhenThePresentationIsReported)
{
    auto mine =
        std::make_unique<challenge::Http01>(board, machine.outside);
    mine->present(kProof, [&](base::Status) { mine.reset(); });
    EXPECT_FALSE(mine);
}

TEST_F(Http01, IsFoundFromOutside)
{
    know("192.0.2.1");
    serve_at("192.0.2.1");
    EXPECT_EQ(preflight(), "ok");
    ASSERT_EQ(machine.requests.size(), 1u);
    EXPECT_EQ(machine.requests[0].url,
              "http://a.example/.well-known/acme-challenge/token");
    EXPECT_EQ(machine.requests[0].connect_to, "192.0.2.1");
}

TEST_F(Http01, AnotherMachineAtTheNameIsDescribed)
{
    know("203.0.113.7");
    machine.answers["203.0.113.7"] = [] {
        return http::Response{404, {{"Server", "AmazonS3"}}, "<Error>"};
    };
    EXPECT_EQ(preflight(),
              "a.example resolves to 203.0.113.7, which answered 404 from "
              "AmazonS3: this nginx does not serve it; use dns-01 or remove "
              "the name");
}

TEST_F(Http01, EveryAddressThatAnswersMustBeOurs)
{
    know("192.0.2.1");
    know("2001:db8::1");
    serve_at("192.0.2.1");
    EXPECT_EQ(preflight(), "ok") << "a CA passes over one that is down";
    machine.answers["2001:db8::1"] = [] { return http::Response{200, {}, ""}; };
    EXPECT_THAT(preflight(), HasSubstr("resolves to 2001:db8::1, which "
                                       "answered 200: this nginx"));
}

TEST_F(Http01, SilenceAndNoAddressAreSaid)
{
    EXPECT_THAT(preflight(), HasSubstr("a.example has no address"));
    know("192.0.2.1");
    EXPECT_EQ(preflight(),
              "a.example resolves to 192.0.2.1, which does not answer on port "
              "80: connection refused; open the port, for the CA comes to it, or "
              "use dns-01 or remove the name");
}

TEST_F(Http01, AnAddressNeedsNoDns)
{
    EXPECT_EQ(preflight("2001:db8::9"),
              "2001:db8::9 does not answer on port 80: connection refused; open "
              "the port, for the CA comes to it, or remove the address");
    EXPECT_EQ(machine.requests[0].url,
              "http://[2001:db8::9]/.well-known/acme-challenge/token");
}

TEST_F(Http01, AFullBoardEndsThePreflight)
{
    board.full = true;
    EXPECT_EQ(preflight(), "no room");
}

}  // namespace
