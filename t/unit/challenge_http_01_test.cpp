#include <vector>

#include <gtest/gtest.h>

#include "challenge/http_01.h"

namespace {

class RecordingBoard : public challenge::Board {
public:
    base::Status publish(const challenge::Answer& answer) override
    {
        if (full) {
            return base::Error{base::ErrorKind::internal, "no room"};
        }
        published.push_back(answer);
        return base::ok();
    }

    void withdraw(const challenge::Answer& answer) override
    {
        withdrawn.push_back(answer);
    }

    void withdraw_all() override { cleared = true; }

    bool full = false;
    bool cleared = false;
    std::vector<challenge::Answer> published;
    std::vector<challenge::Answer> withdrawn;
};

const challenge::Proof kProof = {
    {base::Identifier::Type::dns, "a.example"}, "token", "token.thumbprint"};

TEST(Http01, IsOfTheTypeThatRfc8555Names)
{
    RecordingBoard board;
    EXPECT_EQ(challenge::Http01(board).type(), "http-01");
}

TEST(Http01, TheAnswerIsOnTheBoardBeforeItIsReported)
{
    RecordingBoard board;
    challenge::Http01 solver(board);
    int reports = 0;
    solver.present(kProof, [&](base::Status status) {
        ++reports;
        EXPECT_TRUE(status);
        ASSERT_EQ(board.published.size(), 1U);
        EXPECT_EQ(board.published[0].token, "token");
        EXPECT_EQ(board.published[0].key_authorization, "token.thumbprint");
        EXPECT_EQ(board.published[0].identifier, kProof.identifier);
    });
    EXPECT_EQ(reports, 1);
}

TEST(Http01, AFullBoardIsReportedOnce)
{
    RecordingBoard board;
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
    RecordingBoard board;
    challenge::Http01 solver(board);
    solver.clean_up(kProof);
    ASSERT_EQ(board.withdrawn.size(), 1U);
    EXPECT_EQ(board.withdrawn[0].token, "token");
    EXPECT_EQ(board.withdrawn[0].identifier, kProof.identifier);
    EXPECT_TRUE(board.published.empty());
}

TEST(Http01, CleaningUpAllClearsTheBoard)
{
    RecordingBoard board;
    challenge::Http01(board).clean_up_all();
    EXPECT_TRUE(board.cleared);
}

TEST(Http01, TheSolverMayBeGoneWhenThePresentationIsReported)
{
    RecordingBoard board;
    auto solver = std::make_unique<challenge::Http01>(board);
    solver->present(kProof, [&](base::Status) { solver.reset(); });
    EXPECT_FALSE(solver);
}

}  // namespace
