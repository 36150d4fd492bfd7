#include "challenge/outside.h"

#include <utility>

namespace challenge {

namespace {

// Enough to see that one is another machine.
constexpr std::size_t kMaxAddresses = 4;

// Who is spoken of, before a verb.
std::string subject(const base::Identifier& identifier,
                    const std::string& address)
{
    return identifier.type == base::Identifier::Type::ip
        ? address
        : identifier.value + " resolves to " + address + ", which";
}

std::string advice(const base::Identifier& identifier)
{
    return identifier.type == base::Identifier::Type::ip
        ? "remove the address"
        : "use dns-01 or remove the name";
}

}  // namespace

void Outside::ask(const base::Identifier& identifier,
                  const http::Request& request, Seen seen)
{
    const auto number = ++last_;
    auto& visit =
        visits_
            .emplace(number, Visit{request, std::move(seen), make_resolver_()})
            .first->second;
    if (identifier.type == base::Identifier::Type::ip) {
        visit.timer = timers_.after(
            base::Duration(0), [this, number, address = identifier.value] {
                on_addresses(number, dns::Addresses{address});
            });
        return;
    }
    const auto name = dns::Name::from_text(identifier.value);
    if (!name) {
        finish(number, name.error());
        return;
    }
    dns::find_addresses(*visit.resolver, *name, [this, number](auto found) {
        on_addresses(number, std::move(found));
    });
}

void Outside::on_addresses(Number number,
                           base::Result<dns::Addresses> addresses)
{
    if (!addresses) {
        finish(number,
               std::move(addresses).error_in("looking for its addresses"));
        return;
    }
    auto& visit = visits_.at(number);
    if (addresses->size() > kMaxAddresses) {
        addresses->resize(kMaxAddresses);
    }
    visit.open = addresses->size();
    for (const auto& address : *addresses) {
        auto request = visit.request;
        request.connect_to = address;
        client_->send(std::move(request), [this, number, address](
                                              auto answer) {
            auto& visit = visits_.at(number);
            visit.views.push_back({address, std::move(answer)});
            if (--visit.open == 0) {
                finish(number, std::move(visit.views));
            }
        });
    }
}

// From the event loop: the resolver cannot go from within its own report.
void Outside::finish(Number number, base::Result<Views> result)
{
    visits_.at(number).timer = timers_.after(
        base::Duration(0),
        [this, number, result = std::move(result)]() mutable {
            const auto visit = std::move(visits_.extract(number).mapped());
            visit.seen(std::move(result));
        });
}

base::Status judge(
    const base::Identifier& identifier, const Outside::Views& views,
    const std::string& port,
    const std::function<bool(const http::Response&)>& is_ours,
    const std::function<std::string(const http::Response&)>& describe)
{
    bool found = false;
    for (const auto& [address, answer] : views) {
        if (answer && !is_ours(*answer)) {
            return base::Error{
                base::ErrorKind::protocol,
                subject(identifier, address) + " " + describe(*answer)
                    + ": this nginx does not serve it; "
                    + advice(identifier)};
        }
        found = found || answer;
    }
    if (found) {
        return base::ok();
    }
    const auto& [address, answer] = views.front();
    return base::Error{base::ErrorKind::network,
                       subject(identifier, address) + " does not answer on "
                           + port + ": " + answer.error().message
                           + "; open the port, for the CA comes to it, or "
                           + advice(identifier)};
}

}  // namespace challenge
