#include "dns/cloudflare.h"

#include <algorithm>

#include "dns/cloudflare_answer.h"
#include "dns/provider_error.h"
#include "http/query.h"

namespace dns {

namespace {

using Method = http::Request::Method;

// "An identical record already exists.", in its newer and its older number.
constexpr std::int64_t kIdentical = 81058;
constexpr std::int64_t kExists = 81057;
// "Record does not exist."
constexpr std::int64_t kNoRecord = 81044;
// Ways to say that the token is no good, with a status of 400 among others.
constexpr std::int64_t kBadToken[] = {6003, 6103, 6111, 9109, 10000};

// How long Cloudflare blocks whoever has asked too often.
constexpr base::Duration kBlocked = std::chrono::minutes(5);

constexpr std::string_view kPermissions =
    "; the API token needs the permissions Zone:Read and DNS:Edit for the "
    "zone";

bool means_success(const http::Response& response,
                   const CloudflareAnswer& answer)
{
    return (response.success() && answer.success)
           || answer.complains_of(kIdentical) || answer.complains_of(kExists)
           || answer.complains_of(kNoRecord);
}

bool names_bad_token(const CloudflareAnswer& answer)
{
    return std::ranges::any_of(kBadToken, [&answer](std::int64_t code) {
        return answer.complains_of(code);
    });
}

std::string records_of(const Zone& zone)
{
    return "/zones/" + zone.id + "/dns_records";
}

}  // namespace

Cloudflare::Cloudflare(CloudflareSettings settings,
                       std::unique_ptr<http::Client> client,
                       base::Clock& clock)
    : settings_(std::move(settings)),
      client_(std::move(client)),
      clock_(clock),
      zones_([this](const std::string& name, const ZoneFinder::Answer& answer) {
          ask_zone(name, answer);
      }, clock)
{}

void Cloudflare::add(const TxtRecord& record, Done done)
{
    in_zone(record, &Cloudflare::create,
            saying("Cloudflare: adding the TXT record " + record.name,
                   std::move(done)));
}

void Cloudflare::remove(const TxtRecord& record, Done done)
{
    in_zone(record, &Cloudflare::find_and_erase,
            saying("Cloudflare: removing the TXT record " + record.name,
                   std::move(done)));
}

void Cloudflare::in_zone(const TxtRecord& record, Step step, const Done& done)
{
    turns_.take(record.name, [=, this](const Turns::Finish& finish) {
        const Done end = [finish, done](base::Status status) {
            finish();
            done(std::move(status));
        };
        zones_.find(record.name, [=, this](base::Result<Zone> zone) {
            if (!zone) {
                end(zone.error());
                return;
            }
            (this->*step)(*zone, record, end);
        });
    });
}

// --- the calls -------------------------------------------------------------

void Cloudflare::call(const Call& call, const http::Completion& completion)
{
    if (!http::is_header_value(settings_.token.reveal())) {
        completion(base::Error{base::ErrorKind::config,
                               "the API token is empty or has characters that "
                               "none has"});
        return;
    }
    http::Request request;
    request.method = call.method;
    request.url = settings_.endpoint + call.path;
    request.headers = {{"Authorization",
                        "Bearer " + std::string(settings_.token.reveal())}};
    if (!call.body.empty()) {
        request.headers.emplace_back("Content-Type", "application/json");
        request.body = call.body;
    }
    client_->send(std::move(request), [this, completion](
                                          base::Result<http::Response> result) {
        const auto answer = result ? read_cloudflare(*result) : std::nullopt;
        if (result && !(answer && means_success(*result, *answer))) {
            completion(error_of(*result));
            return;
        }
        completion(std::move(result));
    });
}

base::Error Cloudflare::error_of(const http::Response& response)
{
    const auto answer = read_cloudflare(response);
    const auto now = clock_.now();
    auto error = provider_error(response, answer ? answer->words() : "", now);
    if (answer && names_bad_token(*answer)) {
        error.kind = base::ErrorKind::refused;
    }
    if (error.kind == base::ErrorKind::refused) {
        error.message += kPermissions;
    }
    if (error.kind == base::ErrorKind::rate_limited) {
        error.retry_at = error.retry_at.value_or(now + kBlocked);
    } else {
        // A zone may have gone, or moved to another account.
        zones_.forget();
    }
    return error;
}

void Cloudflare::ask_zone(const std::string& name,
                          const ZoneFinder::Answer& answer)
{
    call({Method::get, "/zones?" + http::encode_query({{"name", name},
                                                       {"per_page", "50"}})},
         [name, answer](base::Result<http::Response> result) {
             if (!result) {
                 answer(result.error());
                 return;
             }
             const auto zones = read_cloudflare(*result)->items;
             const auto found = std::ranges::find(
                 zones, name, &CloudflareAnswer::Item::name);
             answer(found == zones.end() ? std::nullopt
                                         : std::optional(found->id));
         });
}

void Cloudflare::create(const Zone& zone, const TxtRecord& record,
                        const Done& done)
{
    call({Method::post, records_of(zone), encode_cloudflare(record)},
         [this, record, done](base::Result<http::Response> result) {
             if (!result) {
                 done(result.error());
                 return;
             }
             const auto items = read_cloudflare(*result)->items;
             if (!items.empty()) {
                 ids_[{record.name, record.value}] = items.front().id;
             }
             done(base::ok());
         });
}

void Cloudflare::find_and_erase(const Zone& zone, const TxtRecord& record,
                                const Done& done)
{
    // Forgotten whatever comes of it: after a failure the list tells.
    if (const auto node = ids_.extract({record.name, record.value})) {
        erase(zone, node.mapped(), done);
        return;
    }
    const auto query = http::encode_query({{"type", "TXT"},
                                           {"name", record.name},
                                           {"per_page", "100"}});
    call({Method::get, records_of(zone) + "?" + query},
         [this, zone, record, done](base::Result<http::Response> result) {
             if (!result) {
                 done(result.error());
                 return;
             }
             const auto items = read_cloudflare(*result)->items;
             const auto found = std::ranges::find(
                 items, record.value, &CloudflareAnswer::Item::content);
             if (found == items.end()) {
                 done(base::ok());
                 return;
             }
             erase(zone, found->id, done);
         });
}

void Cloudflare::erase(const Zone& zone, const std::string& id,
                       const Done& done)
{
    call({Method::erase, records_of(zone) + "/" + id},
         [done](base::Result<http::Response> result) {
             done(result ? base::ok() : base::Status(result.error()));
         });
}

}  // namespace dns
