#include "dns/acme_dns.h"

#include <nlohmann/json.hpp>

#include "base/base64url.h"
#include "base/json.h"
#include "dns/provider_error.h"

namespace dns {

namespace {

namespace json = base::json;

constexpr std::size_t kDigest = 43;
// Updates and the registration, which comes with the first of them, one after
// the other.
constexpr const char* kTurn = "update";

base::Error error_of(const http::Response& response, base::Time now,
                     bool registered)
{
    const auto object = json::parse_object(response.body);
    const auto said = object ? json::find_string(*object, "error")
                             : std::nullopt;
    auto error = provider_error(response, said.value_or(""), now);
    if (registered && error.kind == base::ErrorKind::refused) {
        error.message += "; the server does not know this registration any "
                         "more, or allows it from other addresses only";
    }
    return error;
}

http::Request update_request(const AcmeDnsRegistration& registration,
                             const TxtRecord& record)
{
    http::Request request;
    request.headers = {
        {"X-Api-User", registration.username},
        {"X-Api-Key", std::string(registration.password.reveal())}};
    request.body = json::dump({{"subdomain", registration.subdomain},
                               {"txt", record.value}});
    return request;
}

}  // namespace

AcmeDns::AcmeDns(AcmeDnsSettings settings,
                 std::unique_ptr<http::Client> client, base::Clock& clock)
    : settings_(std::move(settings)), client_(std::move(client)), clock_(clock)
{
    if (settings_.server.ends_with('/')) {
        settings_.server.pop_back();
    }
}

void AcmeDns::add(const TxtRecord& record, Done done)
{
    const auto say = saying("acme-dns", std::move(done));
    turns_.take(kTurn, [=, this](const Turns::Finish& finish) {
        const Done end = [finish, say](base::Status status) {
            finish();
            say(std::move(status));
        };
        register_now([this, record, end](base::Status status) {
            if (!status) {
                end(std::move(status));
                return;
            }
            update(record, end);
        });
    });
}

void AcmeDns::enroll(Done done)
{
    const auto say = saying("acme-dns", std::move(done));
    turns_.take(kTurn, [=, this](const Turns::Finish& finish) {
        register_now([finish, say](base::Status status) {
            finish();
            say(std::move(status));
        });
    });
}

void AcmeDns::remove(const TxtRecord&, Done done) { done(base::ok()); }

// Completes with a success or an Error.
void AcmeDns::post(http::Request request,
                   const http::Completion& completion)
{
    request.method = http::Request::Method::post;
    request.headers.emplace_back("Content-Type", "application/json");
    client_->send(std::move(request),
                  [this, completion](base::Result<http::Response> result) {
                      if (result && !result->success()) {
                          completion(
                              error_of(*result, clock_.now(),
                                       settings_.registration.has_value()));
                          return;
                      }
                      completion(std::move(result));
                  });
}

void AcmeDns::register_now(Done done)
{
    if (settings_.registration) {
        done(base::ok());
        return;
    }
    http::Request request;
    request.url = settings_.server + "/register";
    request.body = settings_.allow_from.empty()
                       ? "{}"
                       : json::dump({{"allowfrom", settings_.allow_from}});
    // Twice would be two registrations.
    request.repeatable = false;
    const auto say = saying("registering", std::move(done));
    post(std::move(request), [this, say](base::Result<http::Response> result) {
        say(result ? enrolled(*result) : base::Status(result.error()));
    });
}

base::Status AcmeDns::enrolled(const http::Response& response)
{
    auto registration = decode_registration(response.body);
    if (!registration) {
        return registration.error();
    }
    if (auto status = settings_.save(*registration); !status) {
        return std::move(status).error_in("keeping the registration");
    }
    settings_.registration = std::move(*registration);
    return base::ok();
}

void AcmeDns::update(const TxtRecord& record, const Done& done)
{
    if (record.value.size() != kDigest || !base::is_base64url(record.value)) {
        done(base::Error{base::ErrorKind::internal,
                         "the value is not a digest of 43 characters"});
        return;
    }
    auto request = update_request(*settings_.registration, record);
    request.url = settings_.server + "/update";
    post(std::move(request), [record, done](
                                 base::Result<http::Response> result) {
        if (!result) {
            done(std::move(result).error_in("updating " + record.name));
            return;
        }
        const auto object = json::parse_object(result->body);
        const auto txt = object ? json::find_string(*object, "txt")
                                : std::nullopt;
        done(txt == record.value
                 ? base::ok()
                 : base::Status(base::Error{base::ErrorKind::protocol,
                                            "the server has not taken the "
                                            "value"}));
    });
}

}  // namespace dns
