#include <gtest/gtest.h>

#include "challenge/http_01.h"
#include "challenge_board.h"

namespace {

using challenge_test::Board;

const challenge::Proof kProof = {
    {base::Identifier::Type::dns, "a.example"}, "token", "token.thumbprint"};
const std::string kPlace = challenge::http_01_place("token", "a.example");

TEST(Http01, IsOfTheTypeThatRfc8555Names)
{
    Board board;
    EXPECT_EQ(challenge::Http01(board).type(), "http-01");
}

TEST(Http01, TheAnswerIsOnTheBoardBeforeItIsReported)
{
    Board board;
    challenge::Http01 solver(board);
    int reports = 0;
    solver.present(kProof, [&](base::Status status) {
        ++reports;
        EXPECT_TRUE(status);
        EXPECT_EQ(board.content[kPlace], "token.thumbprint");
    });
    EXPECT_EQ(reports, 1);
}

TEST(Http01, AFullBoardIsReportedOnce)
{
    Board board;
    board.full = true;
    challenge::Http01 solver(board);
    int reports = 0;
    solver.present(kProof, [&](base::Status status) {
        ++reports;
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().kind, base::ErrorKind::internal);
        EXPECT_EQ(status.error().message, "publishing the answer: no room");
    });
    EXPECT_EQ(reports, 1);
}

TEST(Http01, CleaningUpWithdrawsTheAnswer)
{
    Board board;
    board.content[kPlace] = "of the process before";
    challenge::Http01(board).clean_up(kProof);
    EXPECT_TRUE(board.content.empty());
}

TEST(Http01, CleaningUpAllClearsTheBoard)
{
    Board board;
    board.content["anything"] = "else";
    challenge::Http01(board).clean_up_all();
    EXPECT_TRUE(board.content.empty());
}

TEST(Http01, TheSolverMayBeGoneWhenThePresentationIsReported)
{
    Board board;
    auto solver = std::make_unique<challenge::Http01>(board);
    solver->present(kProof, [&](base::Status) { solver.reset(); });
    EXPECT_FALSE(solver);
}

}  // namespace
