#include "challenge/tls_alpn_01.h"

#include <algorithm>
#include <utility>

#include "crypto/alt_names.h"
#include "crypto/bundle.h"
#include "crypto/digest.h"

namespace challenge {

namespace {

std::string place_of(const Proof& proof)
{
    return tls_alpn_01_place(server_name_of(proof.identifier));
}

base::Result<base::Secret> make_answer(const Proof& proof)
{
    auto key = crypto::PrivateKey::generate(crypto::KeyType::ecdsa_256);
    if (!key) {
        return key.error();
    }
    auto certificate = crypto::make_tls_alpn_certificate(
        *key, proof.identifier, proof.key_authorization);
    if (!certificate) {
        return certificate.error();
    }
    crypto::Chain chain;
    chain.push_back(std::move(*certificate));
    return crypto::encode_bundle("", *key, chain);
}

}  // namespace

void TlsAlpn01::present(const Proof& proof, Presented presented)
{
    const auto place = place_of(proof);
    auto& claims = claims_[place];
    claims.push_back({proof, std::move(presented)});
    if (claims.size() == 1) {
        put_up(place);
    }
}

// What is reported may lead to a clean_up() at once.
void TlsAlpn01::put_up(const std::string& place)
{
    auto& claim = claims_[place].front();
    auto status = publish(place, claim.proof);
    if (auto presented = std::exchange(claim.presented, nullptr)) {
        presented(std::move(status));
    }
}

base::Status TlsAlpn01::publish(const std::string& place, const Proof& proof)
{
    constexpr auto doing = "publishing the answer";
    auto answer = make_answer(proof);
    if (!answer) {
        return std::move(answer).error_in(doing);
    }
    auto status = board_.publish(place, answer->reveal());
    if (!status) {
        return std::move(status).error_in(doing);
    }
    return status;
}

void TlsAlpn01::clean_up(const Proof& proof)
{
    const auto place = place_of(proof);
    auto& claims = claims_[place];
    const auto claim =
        std::ranges::find(claims, proof.token,
                          [](const Claim& c) { return c.proof.token; });
    Presented given_up;
    bool was_up = false;
    if (claim != claims.end()) {
        was_up = claim == claims.begin();
        given_up = std::move(claim->presented);
        claims.erase(claim);
    }
    if (claims.empty()) {
        claims_.erase(place);
        board_.withdraw(place);
    } else if (was_up) {
        put_up(place);
    }
    if (given_up) {
        given_up(base::Error{base::ErrorKind::internal,
                             "it was given up before its turn came"});
    }
}

void TlsAlpn01::preflight(const Proof& proof, Presented done)
{
    present(proof, [this, proof, done](base::Status status) {
        if (status) {
            knock(proof, done);
        } else {
            done(std::move(status));
        }
    });
}

void TlsAlpn01::knock(const Proof& proof, const Presented& done)
{
    http::Request request;
    request.url = "https://" + server_name_of(proof.identifier) + "/";
    request.alpn = "acme-tls/1";
    outside_.ask(
        proof.identifier, request,
        [this, proof, done](base::Result<Outside::Views> views) {
            clean_up(proof);
            const auto digest = crypto::sha256(proof.key_authorization);
            const auto is_ours = [&](const http::Response& response) {
                return response.body.find(digest) != std::string::npos;
            };
            const auto describe = [](const http::Response&) {
                return "showed a certificate of its own to a CA's handshake";
            };
            done(views ? judge(proof.identifier, *views, "port 443", is_ours,
                               describe)
                       : base::Status(views.error()));
        });
}

void TlsAlpn01::clean_up_all()
{
    board_.withdraw_all();
}

std::string server_name_of(const base::Identifier& identifier)
{
    return identifier.type == base::Identifier::Type::ip
        ? crypto::reverse_name(identifier.value)
        : identifier.value;
}

}  // namespace challenge
