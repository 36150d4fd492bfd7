// SocketWatch: a socket on nginx's event loop whose owner is somebody else, a
// library as a rule. Libraries close a socket first and tell us afterwards
// (libcurl 7.88 does so with connections that did not come about): what the
// event loop knows is a duplicate of ours, so that the order does not matter.
// Helper process only.
#pragma once

#include "nginx/ngx.h"

#include <functional>
#include <map>
#include <memory>

namespace event {

class SocketWatch {
public:
    // Called whenever the socket can be read, or (`writable`) written, as far
    // as that is wanted. It may destroy the watch.
    using Ready = std::function<void(bool writable)>;

    SocketWatch(ngx_socket_t socket, Ready ready);
    ~SocketWatch();
    SocketWatch(const SocketWatch&) = delete;
    SocketWatch& operator=(const SocketWatch&) = delete;

    // When nginx has no connection left, it says so in its log, and nothing
    // is watched: the owner runs into a time limit.
    void want(bool readable, bool writable);
    // Another socket has the number now; what is wanted stays.
    void reopened();

private:
    static void on_event(ngx_event_t* event) noexcept;

    bool take_connection();
    void drop_connection();

    ngx_socket_t socket_;
    Ready ready_;
    ngx_connection_t* connection_ = nullptr;
};

using SocketWatches = std::map<ngx_socket_t, std::unique_ptr<SocketWatch>>;

}  // namespace event
