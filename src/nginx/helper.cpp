// The helper: the one process in which the manager lives. Everything it needs
// from nginx is put together here.
#include <curl/curl.h>

#include "challenge/http_01.h"
#include "challenge/tls_alpn_01.h"
#include "event/curl_client.h"
#include "event/machine.h"
#include "event/timers.h"
#include "manager/manager.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"
#include "store/file_store.h"

namespace nginx {

namespace {

// The manager has timers of its own; nginx only wants to hear a number.
constexpr ngx_msec_t kTick = 3600 * 1000;

class Helper {
public:
    explicit Helper(MainConf& main)
        : store_(main.settings.state_path,
                 store::FileStore::Access::read_write, clock_),
          lock_(main.settings.state_path),
          http_01_(*main.tables),
          tls_alpn_01_(*main.tables),
          manager_(main.settings, ports(*main.tables))
    {}

    void start() { manager_.start(); }

private:
    manager::Ports ports(shm::Tables& tables)
    {
        return {clock_,
                random_,
                timers_,
                log_,
                store_,
                lock_,
                tables,
                [this](const manager::IssuerSettings& issuer) {
                    return std::make_unique<event::CurlClient>(
                        event::TlsTrust{issuer.trusted_pem, issuer.verify},
                        timers_);
                },
                {&http_01_, &tls_alpn_01_}};
    }

    event::Clock clock_;
    event::Random random_;
    event::Timers timers_;
    event::Log log_;
    store::FileStore store_;
    store::FileLock lock_;
    challenge::Http01 http_01_;
    challenge::TlsAlpn01 tls_alpn_01_;
    manager::Manager manager_;
};

Helper* running = nullptr;

}  // namespace

void start_helper(MainConf& main)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0,
                      "acme: curl_global_init() failed, no certificate can "
                      "be obtained");
        return;
    }
    // For the life of the process, which ends by exit() without notice.
    running = new Helper(main);
    running->start();
}

// Called by nginx's cache manager process, soon after its start and then when
// we said.
ngx_msec_t on_helper_tick(void* main) noexcept
{
    guarded(ngx_cycle->log, [main] {
        if (running == nullptr) {
            start_helper(*static_cast<MainConf*>(main));
        }
    });
    return kTick;
}

}  // namespace nginx
