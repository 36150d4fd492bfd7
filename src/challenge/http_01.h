// http-01 (RFC 8555, section 8.3): the answer goes to the board, from where
// every worker gives it.
#pragma once

#include "challenge/board.h"
#include "challenge/outside.h"
#include "challenge/solver.h"

namespace challenge {

class Http01 : public Solver {
public:
    // All that is given outlives the solver.
    Http01(Board& board, Outside& outside) : board_(board), outside_(outside)
    {}

    std::string_view type() const override { return "http-01"; }
    void present(const Proof& proof, Presented presented) override;
    void clean_up(const Proof& proof) override;
    void clean_up_all() override;
    void preflight(const Proof& proof, Presented done) override;

private:
    Board& board_;
    Outside& outside_;
};

}  // namespace challenge
