// What is asked at the sockets of acme_dns_listen, in the workers: UDP and TCP
// around dns/responder.h.
#include "nginx/conf.h"
#include "nginx/guarded.h"

#include <optional>

#include "challenge/board.h"
#include "challenge/own_zone.h"
#include "dns/responder.h"

namespace nginx {

namespace {

// A client that keeps a connection open asks within this, or reads.
constexpr ngx_msec_t kIdle = 5000;
constexpr unsigned kMaxQueries = 100;  // on one connection
constexpr std::size_t kLengthSize = 2;
constexpr std::size_t kMaxWaiting = 2 * dns::kMaxMessage;

class Answers : public dns::TxtSource {
public:
    explicit Answers(MainConf& main) : main_(main) {}

    std::vector<std::string> values(std::string_view name) const override
    {
        if (!main_.tables) {
            return {};
        }
        const auto found = main_.tables->answer(challenge::txt_place(name));
        if (!found) {
            return {};
        }
        main_.tables->count(status::Counted::dns_01);
        return challenge::split_values(found->reveal());
    }

    // Those that the configuration can lead to are always there, so that no
    // resolver remembers that one is not.
    bool exists(std::string_view name) const override
    {
        return main_.dns_names.contains(name);
    }

private:
    MainConf& main_;
};

MainConf& main_of(ngx_connection_t& c)
{
    return *static_cast<MainConf*>(c.listening->servers);
}

std::optional<std::string> answer(ngx_connection_t& c, std::string_view query,
                                  dns::Transport transport)
{
    auto& main = main_of(c);
    return main.responder->answer(query, transport, Answers(main));
}

void close(ngx_connection_t* c)
{
    auto* pool = c->pool;
    ngx_close_connection(c);
    ngx_destroy_pool(pool);
}

// --- UDP -------------------------------------------------------------------

// As a chain, which nginx sends from the address that was asked.
void send_datagram(ngx_connection_t& c, std::string& text)
{
    ngx_buf_t buffer{};
    buffer.start = buffer.pos = reinterpret_cast<u_char*>(text.data());
    buffer.end = buffer.last = buffer.pos + text.size();
    buffer.memory = 1;
    buffer.flush = 1;
    ngx_chain_t chain{&buffer, nullptr};
    c.send_chain(&c, &chain, 0);
}

// --- TCP -------------------------------------------------------------------

// One connection: queries and answers, each after its length.
class Session {
public:
    void begin(ngx_connection_t& c);

private:
    static void on_event(ngx_event_t* event) noexcept;

    // False: the connection is to be closed.
    bool go_on();
    bool receive();
    bool take_query();
    bool send();
    bool wait();

    ngx_connection_t* c_ = nullptr;
    std::string in_;
    std::string out_;
    unsigned queries_ = 0;
};

void Session::begin(ngx_connection_t& c)
{
    c_ = &c;
    c.data = this;
    c.read->handler = on_event;
    c.write->handler = on_event;
    if (c.read->ready) {
        ngx_post_event(c.read, &ngx_posted_events);
    }
    if (!wait()) {
        close(&c);
    }
}

void Session::on_event(ngx_event_t* event) noexcept
{
    auto* c = static_cast<ngx_connection_t*>(event->data);
    const bool open = !event->timedout && !c->close
        && guarded(c->log, false, [c] {
               return static_cast<Session*>(c->data)->go_on();
           });
    if (!open) {
        close(c);
    }
}

bool Session::go_on()
{
    while (true) {
        if (!send()) {
            return false;
        }
        if (!out_.empty()) {
            return wait();
        }
        if (take_query()) {
            continue;
        }
        const auto before = in_.size();
        if (!receive()) {
            return false;
        }
        if (in_.size() == before) {
            return queries_ < kMaxQueries && wait();
        }
    }
}

// False at the end of the connection, or when more comes than is answered.
bool Session::receive()
{
    u_char buffer[4096];
    const auto size = c_->recv(c_, buffer, sizeof(buffer));
    if (size == NGX_AGAIN) {
        return true;
    }
    if (size <= 0) {
        return false;
    }
    in_.append(reinterpret_cast<char*>(buffer), std::size_t(size));
    return in_.size() <= kMaxWaiting;
}

// Whether there was a whole one, whose answer now is in out_.
bool Session::take_query()
{
    if (in_.size() < kLengthSize || queries_ == kMaxQueries) {
        return false;
    }
    const std::size_t size = std::size_t(static_cast<unsigned char>(in_[0]))
            << 8
        | static_cast<unsigned char>(in_[1]);
    if (in_.size() < kLengthSize + size) {
        return false;
    }
    queries_++;
    const auto query = std::string_view(in_).substr(kLengthSize, size);
    if (auto reply = answer(*c_, query, dns::Transport::tcp)) {
        out_ += char(reply->size() >> 8);
        out_ += char(reply->size() & 0xff);
        out_ += *reply;
    }
    in_.erase(0, kLengthSize + size);
    return true;
}

bool Session::send()
{
    while (!out_.empty()) {
        const auto sent = c_->send(
            c_, reinterpret_cast<u_char*>(out_.data()), out_.size());
        if (sent == NGX_AGAIN) {
            return true;
        }
        if (sent <= 0) {
            return false;
        }
        out_.erase(0, std::size_t(sent));
    }
    return true;
}

// nginx may close one that waits when it needs a connection.
bool Session::wait()
{
    ngx_reusable_connection(c_, 1);
    ngx_add_timer(c_->read, kIdle);
    return ngx_handle_read_event(c_->read, 0) == NGX_OK
        && ngx_handle_write_event(c_->write, 0) == NGX_OK;
}

}  // namespace

void on_dns_datagram(ngx_connection_t* c) noexcept
{
    guarded(c->log, [c] {
        const std::string_view query(
            reinterpret_cast<const char*>(c->buffer->pos),
            std::size_t(c->buffer->last - c->buffer->pos));
        auto reply = answer(*c, query, dns::Transport::udp);
        if (reply) {
            send_datagram(*c, *reply);
        }
    });
    close(c);
}

void on_dns_connection(ngx_connection_t* c) noexcept
{
    const bool open = guarded(c->log, false, [c] {
        auto* session = pool_new<Session>(c->pool);
        if (session == nullptr) {
            return false;
        }
        session->begin(*c);
        return true;
    });
    if (!open) {
        close(c);
    }
}

}  // namespace nginx
