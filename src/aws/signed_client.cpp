#include "aws/signed_client.h"

#include "aws/service_error.h"

namespace aws {

namespace {

bool promising(const base::Result<http::Response>& result)
{
    return result && is_transient(*result);
}

bool harmless(const base::Result<http::Response>& result)
{
    return result && is_throttled(*result);
}

constexpr http::Patience kPatience{std::chrono::seconds(30), 5, promising};
constexpr http::Patience kCare{std::chrono::seconds(30), 5, harmless};

}  // namespace

SignedClient::SignedClient(Service service, Environment environment,
                           std::unique_ptr<http::Client> client,
                           const Ports& ports)
    : service_(std::move(service)),
      network_(std::move(client), ports.timers, ports.random),
      credentials_(std::move(environment), network_, ports.clock)
{}

void SignedClient::send(http::Request request, http::Completion completion)
{
    credentials_.get([this, request = std::move(request),
                      completion = std::move(completion)](
                         base::Result<Credentials> found) mutable {
        if (!found) {
            completion(found.error());
            return;
        }
        sign(request, *found);
        const auto& patience = request.repeatable ? kPatience : kCare;
        network_.send(std::move(request), patience,
                      [this, completion = std::move(completion)](
                          base::Result<http::Response> result) {
                          if (result) {
                              observe(*result);
                          }
                          completion(std::move(result));
                      });
    });
}

void SignedClient::sign(http::Request& request,
                        const Credentials& credentials) const
{
    request.aws_signature = http::AwsSignature{
        service_.name, service_.region, credentials.key_id,
        credentials.secret};
    if (!credentials.session_token.empty()) {
        request.headers.emplace_back("X-Amz-Security-Token",
                                     credentials.session_token.reveal());
    }
}

// A role's credentials can be withdrawn before they expire.
void SignedClient::observe(const http::Response& response)
{
    if (response.status == 401 || response.status == 403) {
        credentials_.forget();
    }
}

}  // namespace aws
