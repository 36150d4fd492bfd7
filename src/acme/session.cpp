#include "acme/session.h"

#include "acme/codec.h"
#include "acme/problem.h"
#include "base/base64url.h"
#include "crypto/jws.h"

namespace acme {

namespace {

constexpr std::size_t kMaxNonces = 32;
constexpr std::size_t kMaxNonceLength = 512;
// CAs forget nonces after minutes; a refused one costs a round trip.
constexpr base::Duration kNonceLife = std::chrono::minutes(5);

}  // namespace

Session::Session(crypto::PrivateKey key, std::string user_agent)
    : key_(std::move(key)), user_agent_(std::move(user_agent))
{}

base::Result<std::string> Session::key_authorization(
    std::string_view token) const
{
    auto thumbprint = crypto::thumbprint(key_);
    if (!thumbprint) {
        return thumbprint;
    }
    return std::string(token) + "." + *thumbprint;
}

base::Result<std::string> Session::bind(const ExternalAccount& external,
                                        const std::string& url) const
{
    const auto jwk = crypto::public_jwk(key_);
    if (!jwk) {
        return jwk.error();
    }
    return crypto::mac_jws(external.hash, external.key,
                           {"", url, external.kid}, *jwk);
}

base::Result<std::string> Session::change_key(const crypto::PrivateKey& next,
                                              const std::string& url) const
{
    const auto jwk = crypto::public_jwk(key_);
    if (!jwk) {
        return jwk.error();
    }
    return crypto::sign_jws(next, {"", url, ""},
                            encode_key_change(account_url_, *jwk));
}

http::Request Session::plain(http::Request::Method method,
                             std::string url) const
{
    http::Request request;
    request.method = method;
    request.url = std::move(url);
    request.headers = {{"User-Agent", user_agent_},
                       {"Accept-Language", "en"}};
    return request;
}

base::Result<http::Request> Session::post(const std::string& url,
                                          std::string_view payload,
                                          const std::string& accept,
                                          base::Time now)
{
    if (nonces(now) == 0) {
        return base::Error{base::ErrorKind::internal,
                           "no nonce at hand to sign a request with"};
    }
    const crypto::JwsHeader header{nonces_.front().value, url, account_url_};
    nonces_.pop_front();
    auto body = crypto::sign_jws(key_, header, payload);
    if (!body) {
        return body.error();
    }
    auto request = plain(http::Request::Method::post, url);
    request.headers.emplace_back("Content-Type", "application/jose+json");
    if (!accept.empty()) {
        request.headers.emplace_back("Accept", accept);
    }
    request.body = std::move(*body);
    return request;
}

void Session::observe(const http::Response& response, base::Time now)
{
    auto value = http::find_header(response, "Replay-Nonce");
    if (!value || value->size() > kMaxNonceLength
        || !base::is_base64url(*value))
    {
        return;
    }
    Nonce nonce{std::move(*value), now};
    if (is_problem(response, "badNonce")) {
        nonces_.push_front(std::move(nonce));
    } else {
        nonces_.push_back(std::move(nonce));
    }
    if (nonces_.size() > kMaxNonces) {
        nonces_.pop_back();
    }
}

std::size_t Session::nonces(base::Time now)
{
    std::erase_if(nonces_, [now](const Nonce& nonce) {
        // A clock set back makes an age negative: of no use either.
        return now - nonce.seen > kNonceLife || nonce.seen > now;
    });
    return nonces_.size();
}

}  // namespace acme
