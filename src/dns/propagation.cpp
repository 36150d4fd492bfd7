#include "dns/propagation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "dns/lookups.h"

namespace dns {

namespace {

using namespace std::chrono_literals;

constexpr base::Duration kFirstPause = 1s;
constexpr base::Duration kLongestPause = 10s;
constexpr unsigned kMaxHops = 16;

base::Error network(std::string why)
{
    return {base::ErrorKind::network, std::move(why)};
}

// Where the name's CNAME leads; the name itself without one.
Name target_of(const Name& name, const Message& message)
{
    for (const auto& record : select(message, name, Type::cname)) {
        if (auto target = read_target(record)) {
            return *std::move(target);
        }
    }
    return name;
}

// The zone further down whose servers are to be asked instead.
std::optional<Name> referral_in(const Message& message)
{
    if (!message.answers.empty() || message.header.authoritative) {
        return std::nullopt;
    }
    const auto found =
        std::ranges::find(message.authority, Type::ns, &Record::type);
    return found == message.authority.end() ? std::nullopt
                                            : std::optional(found->name);
}

std::vector<std::string> texts_at(const Name& name, const Message& message)
{
    std::vector<std::string> texts;
    for (const auto& record : select(message, name, Type::txt)) {
        if (auto text = read_txt(record)) {
            texts.push_back(*std::move(text));
        }
    }
    return texts;
}

}  // namespace

// --- where -----------------------------------------------------------------

void Propagation::follow(const Name& name, Followed done)
{
    name_ = name;
    chain_ = name.to_text();
    followed_ = std::move(done);
    locate(name.parent());
}

void Propagation::locate(const Name& name)
{
    find_apex(*resolver_, name, [this](base::Result<Apex> apex) {
        if (apex) {
            find_servers(apex->zone);
        } else {
            fail(std::move(apex.error()));
        }
    });
}

void Propagation::find_servers(const Name& zone)
{
    zone_ = zone;
    find_authorities(*resolver_, zone,
                     [this](base::Result<Authorities> servers) {
                         if (servers) {
                             servers_ = *std::move(servers);
                             ask_here();
                         } else {
                             fail(std::move(servers.error()));
                         }
                     });
}

void Propagation::ask_here()
{
    std::vector<std::string> addresses;
    for (const auto& server : servers_) {
        addresses.push_back(server.address);
    }
    resolver_->ask(name_, Type::txt, addresses,
                   [this](const Answer& answer) { on_located(answer); });
}

// What the zone's own servers say: an alias, a zone further down, or that this
// is the place.
void Propagation::on_located(const Answer& answer)
{
    if (!answer) {
        fail(answer.error());
        return;
    }
    if (++hops_ > kMaxHops) {
        fail({base::ErrorKind::protocol, "too many CNAMEs: " + chain_});
        return;
    }
    const auto rcode = answer->header.rcode;
    const auto next = target_of(name_, *answer);
    if (!(next == name_)) {
        go_on_at(next);
    } else if (const auto zone = referral_in(*answer)) {
        find_servers(*zone);
    } else if (rcode != Rcode::no_error && rcode != Rcode::no_such_name) {
        fail(network("asked for " + name_.to_text()
                     + ", its name server says " + to_text(rcode)));
    } else if (auto done = std::exchange(followed_, nullptr)) {
        done(name_);
    }
}

void Propagation::go_on_at(const Name& name)
{
    name_ = name;
    chain_ += " -> " + name.to_text();
    locate(name.parent());
}

// --- whether it is there ---------------------------------------------------

void Propagation::wait_for(Wanted wanted, base::Duration limit, There done)
{
    wanted_ = std::move(wanted);
    there_ = std::move(done);
    deadline_ = clock_.now() + limit;
    timer_ = timers_.after(base::Duration(0), [this] { look(); });
}

void Propagation::look()
{
    somebody_has_it_ = false;
    lacking_.reset();
    open_ = servers_.size();
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        resolver_->ask(name_, Type::txt, {servers_[i].address},
                       [this, i](const Answer& answer) { on_look(i, answer); });
    }
}

void Propagation::on_look(std::size_t server, const Answer& answer)
{
    if (!answer) {
        silent_ = answer.error().message;
    } else if (wanted_(texts_at(name_, *answer))) {
        somebody_has_it_ = true;
    } else {
        lacking_ = servers_[server].to_text();
    }
    if (--open_ == 0) {
        judge();
    }
}

void Propagation::judge()
{
    if (somebody_has_it_ && !lacking_) {
        if (auto done = std::exchange(there_, nullptr)) {
            done(base::ok());
        }
        return;
    }
    if (clock_.now() >= deadline_) {
        fail(network(lacking_ ? "the name server " + *lacking_
                             + " does not have " + name_.to_text()
                              : "no name server answers: " + silent_));
        return;
    }
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    timer_ = timers_.after(pause_, [this] { look(); });
}

void Propagation::fail(base::Error error)
{
    if (auto followed = std::exchange(followed_, nullptr)) {
        followed(std::move(error));
    } else if (auto there = std::exchange(there_, nullptr)) {
        there(std::move(error));
    }
}

}  // namespace dns
