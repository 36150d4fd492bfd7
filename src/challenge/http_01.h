// http-01 (RFC 8555, section 8.3): the answer goes to the board, from where
// every worker gives it.
#pragma once

#include "challenge/board.h"
#include "challenge/solver.h"

namespace challenge {

class Http01 : public Solver {
public:
    explicit Http01(Board& board) : board_(board) {}

    std::string_view type() const override { return "http-01"; }
    void present(const Proof& proof, Presented presented) override;
    void clean_up(const Proof& proof) override;
    void clean_up_all() override;

private:
    Board& board_;
};

}  // namespace challenge
