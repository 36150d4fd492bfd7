#include "dns/propagation.h"

#include <algorithm>
#include <utility>

#include "dns/rdata.h"

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

// Where a name's CNAME in the answers leads; the name itself without one.
Name target_of(const Name& name, const Message& message)
{
    for (const auto& record : message.answers) {
        if (record.type == Type::cname && record.name == name) {
            if (auto target = read_target(record)) {
                return *target;
            }
        }
    }
    return name;
}

std::optional<Name> zone_in(const Message& message)
{
    for (const auto* section : {&message.answers, &message.authority}) {
        for (const auto& record : *section) {
            if (record.type == Type::soa) {
                return record.name;
            }
        }
    }
    return std::nullopt;
}

// To the servers of a zone further down.
bool is_referral(const Message& message)
{
    return message.answers.empty() && !message.header.authoritative
        && std::ranges::any_of(message.authority, [](const Record& record) {
               return record.type == Type::ns;
           });
}

bool has_value(const Message& message, const std::string& value)
{
    return std::ranges::any_of(message.answers, [&](const Record& record) {
        if (record.type != Type::txt) {
            return false;
        }
        const auto text = read_txt(record);
        return text && *text == value;
    });
}

}  // namespace

void Propagation::ask(const Name& name, Type type,
                      const std::vector<std::string>& servers,
                      std::function<void(base::Result<Message>)> done)
{
    resolver_.ask(name, type, servers,
                  [alive = Alive(alive_), done = std::move(done)](auto result) {
                      if (!alive.expired()) {
                          done(std::move(result));
                      }
                  });
}

void Propagation::follow(const Name& name, Followed done)
{
    name_ = name;
    chain_ = name.to_text();
    followed_ = std::move(done);
    locate(name.parent());
}

void Propagation::ask_first(const Name& name, Type type, Step step)
{
    ask(name, type, {}, [this, step = std::move(step)](auto result) {
        if (result) {
            step(*result);
        } else {
            fail(result.error());
        }
    });
}

// The addresses of the name servers of the zone that a name is in.
void Propagation::locate(const Name& name)
{
    ask_first(name, Type::soa, [this, name](const Message& answer) {
        if (const auto zone = zone_in(answer)) {
            find_servers(*zone);
        } else if (!name.is_root()) {
            locate(name.parent());
        } else {
            fail(network("nobody knows the zone of " + name_.to_text()));
        }
    });
}

void Propagation::find_servers(const Name& zone)
{
    ask_first(zone, Type::ns, [this](const Message& answer) {
        find_addresses(answer.answers);
    });
}

void Propagation::find_addresses(const Records& servers)
{
    std::vector<Name> names;
    for (const auto& record : servers) {
        if (record.type != Type::ns) {
            continue;
        }
        if (auto name = read_target(record)) {
            names.push_back(std::move(*name));
        }
    }
    if (names.empty()) {
        fail(network("nobody knows the name servers for " + name_.to_text()));
        return;
    }
    addresses_.clear();
    open_ = unsigned(2 * names.size());
    for (const auto& name : names) {
        for (const auto type : {Type::a, Type::aaaa}) {
            ask(name, type, {}, [this, name](const auto& result) {
                on_addresses(name, result);
            });
        }
    }
}

void Propagation::on_addresses(const Name& server,
                               const base::Result<Message>& result)
{
    if (result) {
        for (const auto& record : result->answers) {
            if (auto address = read_address(record)) {
                const bool v6 = address->find(':') != std::string::npos;
                addresses_.insert(v6 ? "[" + *address + "]" : *address);
            }
        }
    }
    if (--open_ > 0) {
        return;
    }
    if (addresses_.empty()) {
        fail(network("the name server " + server.to_text()
                     + " has no address"));
        return;
    }
    ask(name_, Type::txt, {addresses_.begin(), addresses_.end()},
        [this](const auto& answer) { on_located(answer); });
}

// What the zone's own servers say: an alias, a zone further down, or that this
// is the place.
void Propagation::on_located(const base::Result<Message>& result)
{
    if (!result) {
        fail(result.error());
        return;
    }
    if (++hops_ > kMaxHops) {
        fail({base::ErrorKind::protocol, "too many CNAMEs: " + chain_});
        return;
    }
    const auto rcode = result->header.rcode;
    const auto next = target_of(name_, *result);
    if (!(next == name_)) {
        go_on_at(next);
    } else if (is_referral(*result)) {
        find_addresses(result->authority);
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

void Propagation::wait_for(const TxtRecord& record, base::Duration limit,
                           There done)
{
    record_ = record;
    there_ = std::move(done);
    deadline_ = clock_.now() + limit;
    timer_ = timers_.after(base::Duration(0), [this] { look(); });
}

void Propagation::look()
{
    somebody_has_it_ = false;
    lacking_.reset();
    open_ = unsigned(addresses_.size());
    for (const auto& address : addresses_) {
        ask(name_, Type::txt, {address},
            [this, address](const auto& result) { on_look(address, result); });
    }
}

void Propagation::on_look(const std::string& server,
                          const base::Result<Message>& result)
{
    if (!result) {
        silent_ = result.error().message;
    } else if (has_value(*result, record_.value)) {
        somebody_has_it_ = true;
    } else {
        lacking_ = server;
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
                             + " does not have " + record_.name
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
