#include "challenge/http_01.h"

#include "base/text.h"

namespace challenge {

namespace {

// As many as Let's Encrypt follows.
constexpr unsigned kMaxRedirects = 10;

// What is not ours may be any page.
constexpr std::size_t kMaxPage = 1024 * 1024;

http::Request request_of(const Proof& proof)
{
    const auto& [type, value] = proof.identifier;
    const bool is_v6 = type == base::Identifier::Type::ip
        && value.find(':') != std::string::npos;
    http::Request request;
    request.url = "http://" + (is_v6 ? "[" + value + "]" : value)
        + "/.well-known/acme-challenge/" + proof.token;
    request.redirects = kMaxRedirects;
    request.max_body = kMaxPage;
    return request;
}

// "answered 404 from AmazonS3"
std::string describe(const http::Response& response)
{
    const auto server = http::find_header(response, "Server");
    return "answered " + std::to_string(response.status)
        + (server ? " from " + base::printable(*server, 64) : "");
}

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

void Http01::preflight(const Proof& proof, Presented done)
{
    auto status = board_.publish(place_of(proof), proof.key_authorization);
    if (!status) {
        done(std::move(status));
        return;
    }
    outside_.ask(proof.identifier, request_of(proof),
                 [this, proof, done](base::Result<Outside::Views> views) {
                     clean_up(proof);
                     const auto is_ours = [&](const http::Response& response) {
                         return response.status == 200
                             && response.body == proof.key_authorization;
                     };
                     done(views ? judge(proof.identifier, *views,
                                        "port 80", is_ours, describe)
                                : base::Status(views.error()));
                 });
}

void Http01::clean_up_all()
{
    board_.withdraw_all();
}

}  // namespace challenge
