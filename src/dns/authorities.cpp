#include "dns/authorities.h"

#include <algorithm>
#include <utility>

#include "dns/answers.h"
#include "dns/rdata.h"

namespace dns {

namespace {

// No zone that works has as many; the root has thirteen hosts.
constexpr std::size_t kMaxHosts = 16;
constexpr std::size_t kMaxAddresses = 8;  // of one host

// --- addresses -------------------------------------------------------------

// An alias is no obstacle: the resolver follows it, and the records bear
// another name.
void take_addresses(const Message& message, Addresses& addresses)
{
    for (const auto& record : message.answers) {
        auto address = read_address(record);
        if (address && addresses.size() < kMaxAddresses) {
            addresses.push_back(*std::move(address));
        }
    }
}

base::Result<Addresses> addresses_of(const Name& host, const Answer& v4,
                                     const Answer& v6)
{
    Addresses addresses;
    for (const auto* answer : {&v4, &v6}) {
        if (*answer) {
            take_addresses(**answer, addresses);
        }
    }
    if (!addresses.empty()) {
        return addresses;
    }
    for (const auto* answer : {&v4, &v6}) {
        if (!*answer) {
            return answer->error();
        }
    }
    return base::Error{base::ErrorKind::config,
                       host.to_text() + " has no address"};
}

// --- name servers ----------------------------------------------------------

struct Roll {
    Name zone;
    std::vector<Name> hosts;  // whose addresses are wanted, the last first
    Authorities authorities;
    std::string trouble;
};

base::Result<Authorities> outcome_of(Roll roll)
{
    if (!roll.authorities.empty()) {
        return std::move(roll.authorities);
    }
    return base::Error{base::ErrorKind::network,
                       "no name server of zone " + roll.zone.to_text()
                           + " can be found" + roll.trouble};
}

void note(Roll& roll, const Name& host,
          const base::Result<Addresses>& addresses)
{
    if (!addresses) {
        roll.trouble = ": " + addresses.error().message;
        return;
    }
    for (const auto& address : *addresses) {
        roll.authorities.push_back({host, address});
    }
}

void call_roll(Resolver& resolver, Roll roll, const AuthoritiesFound& found)
{
    if (roll.hosts.empty()) {
        found(outcome_of(std::move(roll)));
        return;
    }
    const auto host = roll.hosts.back();
    roll.hosts.pop_back();
    find_addresses(resolver, host,
                   [=, &resolver](const base::Result<Addresses>& addresses) {
                       auto rest = roll;
                       note(rest, host, addresses);
                       call_roll(resolver, std::move(rest), found);
                   });
}

std::vector<Name> hosts_of(const Name& zone, const Message& answer)
{
    std::vector<Name> hosts;
    for (const auto& record : select(answer, zone, Type::ns)) {
        auto host = read_target(record);
        if (host && hosts.size() < kMaxHosts) {
            hosts.push_back(*std::move(host));
        }
    }
    std::ranges::reverse(hosts);
    return hosts;
}

}  // namespace

void find_addresses(Resolver& resolver, const Name& host,
                    const AddressesFound& found)
{
    ask(resolver, host, Type::a, [=, &resolver](const Answer& v4) {
        ask(resolver, host, Type::aaaa, [=](const Answer& v6) {
            found(addresses_of(host, v4, v6));
        });
    });
}

void find_authorities(Resolver& resolver, const Name& zone,
                      const AuthoritiesFound& found)
{
    ask(resolver, zone, Type::ns, [=, &resolver](Answer answer) {
        if (!answer) {
            found(std::move(answer).error_in(
                "looking for the name servers of zone " + zone.to_text()));
            return;
        }
        call_roll(resolver, {zone, hosts_of(zone, *answer), {}, {}}, found);
    });
}

std::string Authority::to_text() const
{
    return host.to_text() + " (" + address + ")";
}

}  // namespace dns
