// http::Client: libcurl's multi interface on nginx's event loop. One client
// is one pool of kept-alive connections to one CA. Helper process only.
#pragma once

#include "nginx/ngx.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "base/ports.h"
#include "event/socket_watch.h"
#include "event/transfer.h"
#include "http/client.h"

namespace event {

// How a server is reached and known.
struct Route {
    std::string pem;  // CA certificates; empty: the system's
    bool verify = true;
    std::string proxy = {};  // URL; empty: none
};

class CurlClient : public http::Client {
public:
    explicit CurlClient(Route route, base::Timers& timers);
    ~CurlClient() override;
    CurlClient(const CurlClient&) = delete;
    CurlClient& operator=(const CurlClient&) = delete;

    void send(http::Request request, http::Completion completion) override;

private:
    static curl_socket_t on_open(void* self, curlsocktype purpose,
                                 curl_sockaddr* address) noexcept;
    static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self,
                         void* unused) noexcept;
    static int on_timeout(CURLM* multi, long milliseconds,
                          void* self) noexcept;

    bool configure(CURL* easy);
    bool set_trust(CURL* easy);
    void refuse(http::Completion completion);
    void watch(curl_socket_t fd, int what);
    void act(curl_socket_t fd, int events);
    void collect();
    void complete(CURL* easy, CURLcode code);

    Route route_;
    base::Timers& timers_;
    CURLM* multi_;
    SocketWatches watches_;
    std::map<CURL*, std::unique_ptr<Transfer>> transfers_;
    std::unique_ptr<base::Timer> timeout_;
    std::unique_ptr<base::Timer> refusal_;
    std::vector<http::Completion> refused_;
};

}  // namespace event
