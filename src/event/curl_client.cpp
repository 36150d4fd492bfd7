#include "event/curl_client.h"

#include "nginx/guarded.h"

namespace event {

namespace {

constexpr long kConnectTimeout = 10'000;  // ms
constexpr long kTotalTimeout = 90'000;    // ms
constexpr long kStalledTime = 30;         // s with less than 1 byte/s
constexpr long kMaxConnections = 8;

}  // namespace

CurlClient::CurlClient(Route route, base::Timers& timers)
    : route_(std::move(route)), timers_(timers), multi_(curl_multi_init())
{
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, kMaxConnections);
}

CurlClient::~CurlClient()
{
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
    for (const auto& [easy, transfer] : transfers_) {
        curl_multi_remove_handle(multi_, easy);
    }
    transfers_.clear();
    // Closes the pool's connections, which unwatches their sockets.
    curl_multi_cleanup(multi_);
}

// --- requests --------------------------------------------------------------

void CurlClient::send(http::Request request, http::Completion completion)
{
    auto transfer = std::make_unique<Transfer>(std::move(request),
                                               std::move(completion));
    if (transfer->prepare() && configure(transfer->easy)
        && curl_multi_add_handle(multi_, transfer->easy) == CURLM_OK)
    {
        transfers_.emplace(transfer->easy, std::move(transfer));
        return;
    }
    refuse(std::move(transfer->completion));
}

// Out of memory, in practice, or a libcurl that lacks something. Not from
// within send(): that is the contract.
void CurlClient::refuse(http::Completion completion)
{
    refused_.push_back(std::move(completion));
    refusal_ = timers_.after(base::Duration(0), [this] {
        std::vector<http::Completion> refused;
        refused.swap(refused_);
        for (auto& each : refused) {
            each(base::Error{base::ErrorKind::internal,
                             "libcurl could not take the request"});
        }
    });
}

// False when libcurl would not verify what it is told to.
bool CurlClient::configure(CURL* easy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeout);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kTotalTimeout);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kStalledTime);
    // One multiplexed connection rather than several, where there is HTTP/2.
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    // A name server that does not answer must not hold up the event loop.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    // Given as empty, too: the environment is not configuration.
    curl_easy_setopt(easy, CURLOPT_PROXY, route_.proxy.c_str());
    // http::check_url decides where plain http is fine.
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http")
        == CURLE_OK
        && set_trust(easy);
}

bool CurlClient::set_trust(CURL* easy)
{
    const long peer = route_.verify ? 1 : 0;
    const long host = route_.verify ? 2 : 0;
    if (curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, peer) != CURLE_OK
        || curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, host) != CURLE_OK)
    {
        return false;
    }
    if (route_.pem.empty()) {
        return true;
    }
    curl_blob blob{route_.pem.data(), route_.pem.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    return curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK;
}

void CurlClient::collect()
{
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg == CURLMSG_DONE) {
            complete(message->easy_handle, message->data.result);
        }
    }
}

void CurlClient::complete(CURL* easy, CURLcode code)
{
    auto node = transfers_.extract(easy);
    const auto transfer = std::move(node.mapped());
    curl_multi_remove_handle(multi_, easy);
    transfer->completion(transfer->outcome(code));
}

// --- the event loop --------------------------------------------------------

void CurlClient::act(curl_socket_t fd, int events)
{
    int running = 0;
    curl_multi_socket_action(multi_, fd, events, &running);
    collect();
}

int CurlClient::on_timeout(CURLM* multi, long milliseconds,
                           void* self) noexcept
{
    auto& client = *static_cast<CurlClient*>(self);
    return nginx::guarded(ngx_cycle->log, -1, [&client, milliseconds] {
        client.timeout_.reset();
        if (milliseconds >= 0) {
            client.timeout_ = client.timers_.after(
                base::Duration(milliseconds),
                [&client] { client.act(CURL_SOCKET_TIMEOUT, 0); });
        }
        return 0;
    });
}

// libcurl closes a socket that was not connected without a word, and when the
// next one gets its number, takes that for the one that is watched already.
curl_socket_t CurlClient::on_open(void* self, curlsocktype purpose,
                                  curl_sockaddr* address) noexcept
{
    auto& client = *static_cast<CurlClient*>(self);
    return nginx::guarded(ngx_cycle->log, CURL_SOCKET_BAD, [&client, address] {
        const curl_socket_t fd = socket(
            address->family, address->socktype | SOCK_CLOEXEC,
            address->protocol);
        if (const auto found = client.watches_.find(fd);
            found != client.watches_.end())
        {
            found->second->reopened();
        }
        return fd;
    });
}

int CurlClient::on_socket(CURL* easy, curl_socket_t fd, int what, void* self,
                          void* unused) noexcept
{
    auto& client = *static_cast<CurlClient*>(self);
    return nginx::guarded(ngx_cycle->log, -1, [&client, fd, what] {
        if (what == CURL_POLL_REMOVE) {
            client.watches_.erase(fd);
        } else {
            client.watch(fd, what);
        }
        return 0;
    });
}

void CurlClient::watch(curl_socket_t fd, int what)
{
    auto& watch = watches_[fd];
    if (!watch) {
        watch = std::make_unique<SocketWatch>(fd, [this, fd](bool writable) {
            act(fd, writable ? CURL_CSELECT_OUT : CURL_CSELECT_IN);
        });
    }
    watch->want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
}

}  // namespace event
