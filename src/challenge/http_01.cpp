#include "challenge/http_01.h"

namespace challenge {

namespace {

std::string place_of(const Proof& proof)
{
    return http_01_place(proof.token, proof.identifier.value);
}

}  // namespace

void Http01::present(const Proof& proof, Presented presented)
{
    auto status = board_.publish(place_of(proof), proof.key_authorization);
    if (!status) {
        presented(std::move(status).error_in("publishing the answer"));
        return;
    }
    presented(std::move(status));
}

void Http01::clean_up(const Proof& proof)
{
    board_.withdraw(place_of(proof));
}

void Http01::clean_up_all()
{
    board_.withdraw_all();
}

}  // namespace challenge
