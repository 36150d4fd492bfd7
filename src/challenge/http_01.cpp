#include "challenge/http_01.h"

namespace challenge {

namespace {

Answer answer_to(const Proof& proof)
{
    return {proof.token, proof.key_authorization, proof.identifier};
}

}  // namespace

void Http01::present(const Proof& proof, Presented presented)
{
    auto status = board_.publish(answer_to(proof));
    if (!status) {
        presented(std::move(status).error_in("publishing the answer"));
        return;
    }
    presented(std::move(status));
}

void Http01::clean_up(const Proof& proof)
{
    board_.withdraw(answer_to(proof));
}

void Http01::clean_up_all()
{
    board_.withdraw_all();
}

}  // namespace challenge
