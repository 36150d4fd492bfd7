#include "dns/route53_changes.h"

#include <utility>

#include "aws/service_error.h"
#include "base/text.h"
#include "dns/route53_message.h"

namespace dns {

namespace {

constexpr base::Duration kInterval = std::chrono::seconds(4);
constexpr base::Duration kLongest = std::chrono::minutes(3);

}  // namespace

Route53Changes::Route53Changes(aws::SignedClient& client,
                               base::Timers& timers, std::string root)
    : client_(client), timers_(timers), root_(std::move(root))
{}

void Route53Changes::await(const std::string& id, Provider::Done done)
{
    const unsigned number = ++last_;
    auto& watch = watches_[number];
    watch = {id, std::move(done)};
    watch.deadline = timers_.after(kLongest, [this, number, id] {
        end(number, base::Error{base::ErrorKind::protocol,
                                "change " + id + " is not in sync after "
                                    + base::format_duration(kLongest)});
    });
    look_later(number);
}

void Route53Changes::look_later(unsigned number)
{
    watches_[number].next =
        timers_.after(kInterval, [this, number] { look(number); });
}

void Route53Changes::look(unsigned number)
{
    http::Request request;
    request.url = root_ + "/change/" + watches_[number].id;
    client_.send(std::move(request),
                 [this, number](const base::Result<http::Response>& result) {
                     if (watches_.contains(number)) {
                         on_answer(number, result);
                     }
                 });
}

void Route53Changes::on_answer(unsigned number,
                               const base::Result<http::Response>& result)
{
    if (!result || aws::is_transient(*result)) {
        look_later(number);
        return;
    }
    if (!result->success()) {
        end(number, aws::error_of(*result));
        return;
    }
    const auto change = read_change(result->body);
    if (!change) {
        end(number, change.error());
        return;
    }
    if (change->in_sync) {
        end(number, base::ok());
        return;
    }
    look_later(number);
}

void Route53Changes::end(unsigned number, base::Status status)
{
    const auto node = watches_.extract(number);
    node.mapped().done(std::move(status));
}

}  // namespace dns
