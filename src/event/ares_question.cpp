#include "event/ares_question.h"

#include <string_view>
#include <utility>

#include "dns/server_address.h"
#include "nginx/guarded.h"

namespace event {

namespace {

using Milliseconds = std::chrono::milliseconds;

// For one try; c-ares doubles it each time that all servers have been tried.
constexpr Milliseconds kTimeout{2000};
constexpr int kTries = 3;
constexpr Milliseconds kLimit = std::chrono::seconds(10);

// A name server that says no has answered (NOCHECKRESP).
constexpr int kFlags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES
                       | ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS;

Milliseconds duration_of(const timeval& wait)
{
    using namespace std::chrono;
    return ceil<Milliseconds>(seconds(wait.tv_sec)
                              + microseconds(wait.tv_usec));
}

std::string join(const std::vector<std::string>& addresses)
{
    std::string all;
    for (const auto& address : addresses) {
        all += (all.empty() ? "" : ", ") + address;
    }
    return all.empty() ? "the name servers of this machine" : all;
}

}  // namespace

AresQuestion::AresQuestion(base::Timers& timers, Finished finished)
    : timers_(timers), finished_(std::move(finished))
{}

// What is still under way is called back from within, with nothing.
AresQuestion::~AresQuestion()
{
    if (channel_ != nullptr) {
        ares_destroy(channel_);
    }
}

void AresQuestion::ask(const dns::Name& name, dns::Type type,
                       const AresServers& servers)
{
    const auto text = name.to_text();
    asked_ = text + " at " + join(servers.addresses);
    auto status = open(servers);
    if (!status) {
        outcome_ = status.error();
    } else if (text.find('\\') != text.npos) {
        // The oldest c-ares does not read \DDD, and no name of ours has it.
        outcome_ = no_answer("not a host's name");
    } else {
        limit_ = timers_.after(kLimit, [this] {
            take(ARES_ETIMEOUT, {});
            go_on();
        });
        ares_query(channel_, text.c_str(), int(dns::Class::in), int(type),
                   on_answer, this);
    }
    go_on();
}

base::Status AresQuestion::open(const AresServers& servers)
{
    ares_options options{};
    options.flags = kFlags | (servers.recursive ? 0 : ARES_FLAG_NORECURSE);
    options.timeout = int(kTimeout.count());
    options.tries = kTries;
    options.sock_state_cb = on_socket;
    options.sock_state_cb_data = this;
    const int status = ares_init_options(
        &channel_, &options,
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES
            | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) {
        channel_ = nullptr;
        return no_answer(ares_strerror(status));
    }
    return servers.addresses.empty() ? base::ok()
                                     : set_servers(servers.addresses);
}

base::Status AresQuestion::set_servers(
    const std::vector<std::string>& addresses)
{
    std::string list;
    for (const auto& address : addresses) {
        const auto server = dns::parse_server_address(address);
        if (!server) {
            return server.error();
        }
        list += (list.empty() ? "" : ",") + server->to_text();
    }
    const int status = ares_set_servers_ports_csv(channel_, list.c_str());
    if (status != ARES_SUCCESS) {
        return no_answer(ares_strerror(status));
    }
    return base::ok();
}

// --- callbacks -------------------------------------------------------------

void AresQuestion::on_answer(void* self, int status, int timeouts,
                             unsigned char* bytes, int size) noexcept
{
    auto& question = *static_cast<AresQuestion*>(self);
    nginx::guarded(ngx_cycle->log, [&question, status, bytes, size] {
        question.take(status, {reinterpret_cast<const char*>(bytes),
                               bytes == nullptr ? 0 : std::size_t(size)});
    });
}

// The channel may be in the middle of something: what comes of an answer is
// go_on()'s business.
void AresQuestion::take(int status, std::string_view bytes)
{
    if (outcome_) {
        return;
    }
    // With an rcode that is an error, the status is one, too.
    if (bytes.empty()) {
        outcome_ = no_answer(ares_strerror(status));
        return;
    }
    outcome_ = dns::parse_message(bytes);
    if (!*outcome_) {
        outcome_ = std::move(*outcome_).error_in("answer about " + asked_);
    }
}

void AresQuestion::on_socket(void* self, ares_socket_t socket, int readable,
                             int writable) noexcept
{
    auto& question = *static_cast<AresQuestion*>(self);
    nginx::guarded(ngx_cycle->log, [&question, socket, readable, writable] {
        question.watch(socket, readable != 0, writable != 0);
    });
}

void AresQuestion::watch(ares_socket_t socket, bool readable, bool writable)
{
    if (!readable && !writable) {
        // c-ares closes it after this.
        watches_.erase(socket);
        return;
    }
    auto& watch = watches_[socket];
    if (!watch) {
        watch = std::make_unique<SocketWatch>(
            socket, [this, socket](bool ready_to_write) {
                process(ready_to_write ? ARES_SOCKET_BAD : socket,
                        ready_to_write ? socket : ARES_SOCKET_BAD);
            });
    }
    watch->want(readable, writable);
}

// --- the event loop --------------------------------------------------------

void AresQuestion::process(ares_socket_t readable, ares_socket_t writable)
{
    ares_process_fd(channel_, readable, writable);
    go_on();
}

// Always by way of a timer: the end destroys the channel, which must not
// happen from within ask(), nor while one of its sockets is being served.
void AresQuestion::go_on()
{
    if (outcome_) {
        timeout_ = timers_.after(Milliseconds(0), [this] { finish(); });
        return;
    }
    timeval wait{};
    if (ares_timeout(channel_, nullptr, &wait) != nullptr) {
        timeout_ = timers_.after(duration_of(wait), [this] {
            process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        });
    }
}

void AresQuestion::finish()
{
    const auto finished = std::move(finished_);
    finished(std::move(*outcome_));
}

base::Error AresQuestion::no_answer(const char* why) const
{
    return {base::ErrorKind::network,
            "no answer about " + asked_ + ": " + why};
}

}  // namespace event
