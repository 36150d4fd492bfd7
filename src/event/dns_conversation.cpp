#include "event/dns_conversation.h"

#include <netdb.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "dns/wire.h"

namespace event {

namespace {

constexpr base::Duration kLimit = std::chrono::seconds(15);
constexpr std::size_t kLengthSize = 2;

using AddressInfo =
    std::unique_ptr<addrinfo, decltype([](addrinfo* a) { freeaddrinfo(a); })>;

AddressInfo resolve(const dns::ServerAddress& server)
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const auto port = std::to_string(server.port);
    if (getaddrinfo(server.address.c_str(), port.c_str(), &hints, &found)
        != 0)
    {
        return nullptr;
    }
    return AddressInfo(found);
}

// Level-triggered events say it again.
bool try_later()
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

DnsConversation::DnsConversation(base::Timers& timers,
                                 dns::ServerAddress server, Finished finished)
    : timers_(timers),
      server_(std::move(server)),
      finished_(std::move(finished))
{}

DnsConversation::~DnsConversation()
{
    watch_.reset();
    if (socket_ != -1) {
        close(socket_);
    }
}

void DnsConversation::start(const std::string& message)
{
    dns::put_u16(outgoing_, std::uint16_t(message.size()));
    outgoing_ += message;
    timer_ = timers_.after(kLimit, [this] {
        fail("no answer in " + base::format_duration(kLimit));
    });
    connect();
}

void DnsConversation::connect()
{
    const auto to = resolve(server_);
    if (!to) {
        fail("not an address");
        return;
    }
    socket_ = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                     0);
    if (socket_ == -1
        || (::connect(socket_, to->ai_addr, to->ai_addrlen) != 0
            && errno != EINPROGRESS))
    {
        fail(strerror(errno));
        return;
    }
    watch_.emplace(socket_, [this](bool writable) { on_ready(writable); });
    watch_->want(false, true);
}

void DnsConversation::on_ready(bool writable)
{
    if (outcome_) {
        return;
    }
    if (writable) {
        write();
    } else {
        read();
    }
}

// What became of connect(), send() says as well.
void DnsConversation::write()
{
    const auto sent =
        send(socket_, outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
    if (sent == -1) {
        if (!try_later()) {
            fail(strerror(errno));
        }
        return;
    }
    outgoing_.erase(0, std::size_t(sent));
    if (outgoing_.empty()) {
        watch_->want(true, false);
    }
}

void DnsConversation::read()
{
    char room[4096];
    const auto received = recv(socket_, room, sizeof(room), 0);
    if (received == 0) {
        fail("it closed the connection without an answer");
    } else if (received > 0) {
        take({room, std::size_t(received)});
    } else if (!try_later()) {
        fail(strerror(errno));
    }
}

void DnsConversation::take(std::string_view part)
{
    incoming_ += part;
    if (incoming_.size() < kLengthSize) {
        return;
    }
    const std::size_t size = dns::Reader(incoming_).u16();
    if (incoming_.size() >= kLengthSize + size) {
        end(incoming_.substr(kLengthSize, size));
    }
}

void DnsConversation::fail(const std::string& why)
{
    end(base::Error{base::ErrorKind::network,
                    "name server " + server_.to_text() + ": " + why});
}

// By way of a timer: not from within start(), nor while the socket is served.
void DnsConversation::end(base::Result<std::string> outcome)
{
    if (watch_) {
        watch_->want(false, false);
    }
    outcome_ = std::move(outcome);
    timer_ = timers_.after(base::Duration(0), [this] { finish(); });
}

void DnsConversation::finish()
{
    const auto finished = std::move(finished_);
    finished(std::move(*outcome_));
}

}  // namespace event
