#include "event/socket_watch.h"

#include <utility>

#include "nginx/guarded.h"

namespace event {

namespace {

void adjust(ngx_event_t* event, ngx_int_t kind, bool wanted)
{
    if (wanted && !event->active) {
        ngx_add_event(event, kind, NGX_LEVEL_EVENT);
    } else if (!wanted && event->active) {
        ngx_del_event(event, kind, 0);
    }
}

void forget(ngx_event_t* event, ngx_int_t kind)
{
    adjust(event, kind, false);
    // Some event methods queue what they have found.
    if (event->posted) {
        ngx_delete_posted_event(event);
    }
}

}  // namespace

SocketWatch::SocketWatch(ngx_socket_t socket, Ready ready)
    : socket_(socket), ready_(std::move(ready))
{}

SocketWatch::~SocketWatch()
{
    drop_connection();
}

void SocketWatch::want(bool readable, bool writable)
{
    if (connection_ == nullptr && !take_connection()) {
        return;
    }
    adjust(connection_->read, NGX_READ_EVENT, readable);
    adjust(connection_->write, NGX_WRITE_EVENT, writable);
}

void SocketWatch::reopened()
{
    if (connection_ == nullptr) {
        return;
    }
    const bool readable = connection_->read->active;
    const bool writable = connection_->write->active;
    drop_connection();
    want(readable, writable);
}

bool SocketWatch::take_connection()
{
    const ngx_socket_t copy = fcntl(socket_, F_DUPFD_CLOEXEC, 0);
    if (copy == -1) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                      "acme: fcntl(F_DUPFD_CLOEXEC) failed");
        return false;
    }
    connection_ = ngx_get_connection(copy, ngx_cycle->log);
    if (connection_ == nullptr) {
        close(copy);
        return false;
    }
    connection_->data = this;
    for (auto* event : {connection_->read, connection_->write}) {
        event->handler = on_event;
        event->log = ngx_cycle->log;
    }
    return true;
}

// Not ngx_close_connection(): it leaves it to close() to take the socket off
// the event loop, which only the last close() of a socket does.
void SocketWatch::drop_connection()
{
    if (connection_ == nullptr) {
        return;
    }
    forget(connection_->read, NGX_READ_EVENT);
    forget(connection_->write, NGX_WRITE_EVENT);
    ngx_free_connection(connection_);
    close(std::exchange(connection_->fd, ngx_socket_t(-1)));
    connection_ = nullptr;
}

void SocketWatch::on_event(ngx_event_t* event) noexcept
{
    auto* connection = static_cast<ngx_connection_t*>(event->data);
    auto& watch = *static_cast<SocketWatch*>(connection->data);
    const bool writable = event->write;
    nginx::guarded(event->log, [&watch, writable] {
        // A copy: the call may end the watch.
        const auto ready = watch.ready_;
        ready(writable);
    });
}

}  // namespace event
