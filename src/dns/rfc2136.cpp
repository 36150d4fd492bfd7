#include "dns/rfc2136.h"

#include <utility>

#include "dns/authorities.h"
#include "dns/lookups.h"

namespace dns {

namespace {

base::Error config_error(std::string message)
{
    return {base::ErrorKind::config, std::move(message)};
}

}  // namespace

Rfc2136::Rfc2136(Rfc2136Settings settings, std::unique_ptr<Resolver> resolver,
                 std::unique_ptr<Exchange> exchange, base::Clock& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      resolver_(std::move(resolver)),
      exchange_(std::move(exchange))
{}

void Rfc2136::add(const TxtRecord& record, Done done)
{
    take_turn(Action::add, record, done);
}

void Rfc2136::remove(const TxtRecord& record, Done done)
{
    take_turn(Action::remove, record, done);
}

void Rfc2136::take_turn(Action action, const TxtRecord& record,
                        const Done& done)
{
    const auto name = Name::from_text(record.name);
    if (!name) {
        done(name.error());
        return;
    }
    const TxtChange change{settings_.zone.value_or(Name()), *name,
                           record.value};
    turns_.take("", [=, this](const Turns::Finish& finish) {
        start({action, change, [done, finish](base::Status status) {
                   done(std::move(status));
                   finish();
               }});
    });
}

// --- where to --------------------------------------------------------------

void Rfc2136::start(const Task& task)
{
    const auto& [zone, name, value] = task.change;
    if (!name.is_within(zone)) {
        task.done(config_error(name.to_text() + " is not in zone "
                               + zone.to_text()));
        return;
    }
    if (!settings_.zone || !settings_.server) {
        find_zone(task);
        return;
    }
    auto ready = task;
    ready.servers = {*settings_.server};
    send(ready);
}

// Of a zone that is configured, the SOA record says where its primary is.
void Rfc2136::find_zone(const Task& task)
{
    const auto& start = settings_.zone ? task.change.zone : task.change.name;
    find_apex(*resolver_, start, [=, this](base::Result<Apex> apex) {
        if (!apex) {
            task.done(apex.error());
            return;
        }
        auto found = task;
        found.change.zone = apex->zone;
        if (settings_.zone && !(*settings_.zone == apex->zone)) {
            task.done(config_error(settings_.zone->to_text()
                                   + " is not a zone: it has no SOA record"));
        } else if (settings_.server) {
            found.servers = {*settings_.server};
            send(found);
        } else {
            find_server(found, apex->soa.name_server);
        }
    });
}

void Rfc2136::find_server(const Task& task, const Name& host)
{
    find_addresses(*resolver_, host, [=, this](
                                         base::Result<Addresses> addresses) {
        if (!addresses) {
            task.done(std::move(addresses)
                          .error_in("looking for the primary name server of "
                                    "zone "
                                    + task.change.zone.to_text()));
            return;
        }
        auto ready = task;
        for (const auto& address : *addresses) {
            ready.servers.push_back({address});
        }
        send(ready);
    });
}

// --- the update ------------------------------------------------------------

base::Time Rfc2136::time_of(const Task& task) const
{
    return clock_.now() + task.ahead.value_or(base::Duration(0));
}

// The id need not be hard to guess: the connection is TCP, and the answer is
// signed.
base::Result<SignedMessage> Rfc2136::make_request(const Task& task)
{
    const auto id = ++last_id_;
    const auto message = task.action == Action::add
                             ? make_addition(task.change, settings_.ttl, id)
                             : make_removal(task.change, id);
    return sign(message, settings_.key, time_of(task));
}

void Rfc2136::send(const Task& task)
{
    const auto request = make_request(task);
    if (!request) {
        task.done(request.error());
        return;
    }
    exchange_->send(task.servers.front(), request->bytes,
                    [=, this](const base::Result<std::string>& answer) {
                        on_answer(task, *request, answer);
                    });
}

// An update that got no answer may have been done. To do it twice is no harm.
void Rfc2136::on_answer(const Task& task, const SignedMessage& request,
                        const base::Result<std::string>& answer)
{
    if (!answer && task.servers.size() > 1) {
        auto next = task;
        next.servers.erase(next.servers.begin());
        send(next);
        return;
    }
    auto outcome = answer ? read_response(*answer, request, settings_.key,
                                          time_of(task))
                          : UpdateOutcome{answer.error(), std::nullopt};
    if (outcome.server_time && !task.ahead) {
        auto again = task;
        again.ahead = *outcome.server_time - clock_.now();
        send(again);
        return;
    }
    if (!outcome.status) {
        outcome.status = std::move(outcome.status)
                             .error_in("updating zone "
                                       + task.change.zone.to_text() + " at "
                                       + task.servers.front().to_text());
    }
    task.done(std::move(outcome.status));
}

}  // namespace dns
