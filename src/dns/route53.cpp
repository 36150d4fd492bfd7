#include "dns/route53.h"

#include <algorithm>

#include "aws/service_error.h"
#include "base/text.h"
#include "dns/provider_error.h"
#include "http/query.h"

namespace dns {

namespace {

using base::Error;
using base::ErrorKind;

// Somebody else may change the set between our look and our change.
constexpr unsigned kMaxTries = 3;
constexpr std::size_t kMaxBody = 256 * 1024;

constexpr std::string_view kPermissions =
    "; the credentials need route53:ListHostedZonesByName, "
    "ListResourceRecordSets, ChangeResourceRecordSets and GetChange";

http::Request get(std::string url)
{
    http::Request request;
    request.url = std::move(url);
    request.max_body = kMaxBody;
    return request;
}

}  // namespace

Route53::Route53(Route53Settings settings,
                 std::unique_ptr<http::Client> client,
                 const aws::Ports& ports)
    : settings_(std::move(settings)),
      root_(settings_.endpoint + "/2013-04-01"),
      client_({"route53", "us-east-1"}, std::move(settings_.environment),
              std::move(client), ports),
      changes_(client_, ports.timers, root_),
      zones_([this](const std::string& name, const ZoneFinder::Answer& answer) {
          ask_zone(name, answer);
      }, ports.clock)
{}

void Route53::add(const TxtRecord& record, Done done)
{
    const auto say = saying("Route 53: adding the TXT record " + record.name,
                            std::move(done));
    start({record, true, [this, say](base::Result<std::string> change) {
               if (!change) {
                   say(change.error());
                   return;
               }
               changes_.await(*change, say);
           }});
}

void Route53::remove(const TxtRecord& record, Done done)
{
    const auto say = saying("Route 53: removing the TXT record " + record.name,
                            std::move(done));
    start({record, false, [say](base::Result<std::string> change) {
               say(change ? base::ok() : base::Status(change.error()));
           }});
}

// The turn is over when the change is accepted: what is read from then on has
// it, also while it is PENDING.
void Route53::start(const Task& task)
{
    turns_.take(task.record.name, [this, task](const Turns::Finish& finish) {
        Task ours = task;
        ours.done = [finish, done = task.done](
                        base::Result<std::string> change) {
            finish();
            done(std::move(change));
        };
        find_zone(task.record.name, [this, ours](
                                        base::Result<Zone> zone) mutable {
            if (!zone) {
                ours.done(zone.error());
                return;
            }
            ours.zone = zone->id;
            read(std::move(ours));
        });
    });
}

void Route53::find_zone(const std::string& name, ZoneFinder::Found found)
{
    if (settings_.zone_id.empty()) {
        zones_.find(name, std::move(found));
        return;
    }
    const auto id = route53_id(settings_.zone_id);
    if (id.empty()) {
        found(Error{ErrorKind::config,
                    "\"" + base::printable(settings_.zone_id, 64)
                        + "\" is no id of a hosted zone"});
        return;
    }
    found(Zone{"", id});
}

void Route53::read(Task task)
{
    task.tries++;
    const auto query = http::encode_query(
        {{"maxitems", "1"}, {"name", task.record.name}, {"type", "TXT"}});
    client_.send(get(root_ + "/hostedzone/" + task.zone + "/rrset?" + query),
                 [this, task](const base::Result<http::Response>& result) {
                     if (!result || !result->success()) {
                         task.done(error_of(result));
                         return;
                     }
                     auto set = read_txt_set(result->body, task.record.name);
                     if (!set) {
                         task.done(set.error());
                         return;
                     }
                     write(task, std::move(*set));
                 });
}

void Route53::write(const Task& task, TxtSet set)
{
    const auto value = txt_value(task.record.value);
    const auto found = std::ranges::find(set.values, value);
    const bool there = found != set.values.end();
    if (task.wanted) {
        // Written anew also when it is there: how else to know whether every
        // name server has it?
        if (!there) {
            set.values.push_back(value);
        }
        send(task, encode_change(Action::upsert, set));
        return;
    }
    if (!there) {
        task.done(std::string());
        return;
    }
    if (set.values.size() == 1) {
        send(task, encode_change(Action::erase, set));
        return;
    }
    set.values.erase(found);
    send(task, encode_change(Action::upsert, set));
}

void Route53::send(const Task& task, const std::string& body)
{
    http::Request request;
    request.method = http::Request::Method::post;
    request.url = root_ + "/hostedzone/" + task.zone + "/rrset/";
    request.headers = {{"Content-Type", "application/xml"}};
    request.body = body;
    client_.send(std::move(request),
                 [this, task](const base::Result<http::Response>& result) {
                     on_written(task, result);
                 });
}

void Route53::on_written(const Task& task,
                         const base::Result<http::Response>& result)
{
    if (result && !result->success() && task.tries < kMaxTries
        && aws::service_error_of(*result).code == "InvalidChangeBatch")
    {
        read(task);
        return;
    }
    if (!result || !result->success()) {
        task.done(error_of(result));
        return;
    }
    const auto change = read_change(result->body);
    if (!change) {
        task.done(change.error());
        return;
    }
    task.done(change->id);
}

void Route53::ask_zone(const std::string& name,
                       const ZoneFinder::Answer& answer)
{
    const auto query =
        http::encode_query({{"dnsname", name}, {"maxitems", "100"}});
    client_.send(get(root_ + "/hostedzonesbyname?" + query),
                 [this, name, answer](
                     const base::Result<http::Response>& result) {
                     if (!result || !result->success()) {
                         answer(error_of(result));
                         return;
                     }
                     answer(read_zone_id(result->body, name));
                 });
}

// Of what is not a success.
base::Error Route53::error_of(const base::Result<http::Response>& result)
{
    if (!result) {
        return result.error();
    }
    zones_.forget();
    auto error = aws::error_of(*result);
    if (result->status == 401 || result->status == 403) {
        error.message += kPermissions;
    }
    return error;
}

}  // namespace dns
