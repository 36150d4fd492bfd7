// The helper: the one process in which the manager lives. Everything it needs
// from nginx is put together here.
#include <curl/curl.h>

#include "challenge/dns_01.h"
#include "challenge/dns_persist_01.h"
#include "challenge/http_01.h"
#include "challenge/own_zone.h"
#include "challenge/tls_alpn_01.h"
#include "deploy/acm.h"
#include "deploy/exec.h"
#include "deploy/files.h"
#include "dns/acme_dns_server.h"
#include "dns/exec.h"
#include "dns/rfc2136.h"
#include "event/ares_resolver.h"
#include "event/curl_client.h"
#include "event/dns_exchange.h"
#include "event/machine.h"
#include "event/spawner.h"
#include "event/timers.h"
#include "manager/manager.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"
#include "store/file_store.h"

namespace nginx {

namespace {

// The manager has timers of its own; nginx only wants to hear a number.
constexpr ngx_msec_t kTick = 3600 * 1000;

// How soon a command is taken, and how old what is shown may be.
constexpr base::Duration kRefresh = std::chrono::seconds(1);

class Helper {
public:
    explicit Helper(MainConf& main)
        : store_(main.settings.state_path,
                 store::FileStore::Access::read_write, clock_),
          lock_(main.settings.state_path),
          resolvers_(main.settings.resolvers),
          outside_([this] { return make_resolver(); },
                   std::make_unique<event::CurlClient>(
                       event::Route{"", false}, timers_),
                   timers_),
          http_01_(*main.tables, outside_),
          tls_alpn_01_(*main.tables, outside_),
          own_zone_(*main.tables, main.settings.dns_zone,
                    main.settings.dns_name_server),
          spawner_(timers_),
          dns_writers_(dns_writers(main.settings)),
          dns_01_(
              "dns-01", challenge::dns_01_name, dns_writers_,
              [this] { return make_resolver(); }, timers_, clock_),
          dns_account_01_(
              "dns-account-01", challenge::dns_account_01_name, dns_writers_,
              [this] { return make_resolver(); }, timers_, clock_),
          dns_persist_01_([this] { return make_resolver(); }, timers_, clock_,
                          log_),
          targets_(make_targets(main.settings)),
          manager_(main.settings, ports(*main.tables)),
          tables_(*main.tables),
          watched_(main.watched)
    {}

    void start()
    {
        manager_.start();
        if (watched_) {
            refresh();
        }
    }

private:
    void refresh()
    {
        // Whatever happens below, even for want of memory, it goes on.
        timer_ = timers_.after(kRefresh, [this] { refresh(); });
        if (manager_.at_work()) {
            tables_.beat(ngx_pid, began_);
        }
        manager_.refresh();
    }

    // By the names that the configuration knows them by.
    challenge::Dns01::Providers dns_writers(const manager::Settings& settings)
    {
        challenge::Dns01::Providers writers;
        if (!settings.dns_zone.empty()) {
            writers[""] = &own_zone_;
        }
        for (const auto& each : settings.dns) {
            providers_.push_back(make_provider(each));
            writers[each.name] = providers_.back().get();
        }
        return writers;
    }

    std::unique_ptr<dns::Provider> make_provider(
        const manager::DnsSettings& settings)
    {
        using Type = manager::DnsSettings::Type;
        switch (settings.type) {
        case Type::cloudflare:
            return std::make_unique<dns::Cloudflare>(settings.cloudflare,
                                                     make_client(), clock_);
        case Type::route53:
            return std::make_unique<dns::Route53>(
                settings.route53, make_client(),
                aws::Ports{clock_, timers_, random_});
        case Type::rfc2136:
            return std::make_unique<dns::Rfc2136>(
                settings.update, make_resolver(),
                std::make_unique<event::DnsExchange>(timers_), clock_);
        case Type::acme_dns:
            return make_acme_dns(settings);
        case Type::exec:
        case Type::none:
            break;
        }
        return std::make_unique<dns::Exec>(settings.command, settings.timeout,
                                           spawner_);
    }

    std::unique_ptr<dns::Provider> make_acme_dns(
        const manager::DnsSettings& settings)
    {
        const auto& server = settings.acme_dns_server;
        return std::make_unique<dns::AcmeDnsServer>(
            server, settings.allow_from,
            dns::AcmeDnsStore{
                [this, server](const std::string& domain) {
                    return store_.load_registration(server, domain);
                },
                [this, server](const std::string& domain,
                             const dns::AcmeDnsRegistration& registration) {
                    return store_.save_registration(server, domain,
                                                    registration);
                }},
            [this] { return make_client(); }, clock_);
    }

    // As in Settings::deploy.
    std::vector<std::unique_ptr<deploy::Target>> make_targets(
        const manager::Settings& settings)
    {
        std::vector<std::unique_ptr<deploy::Target>> targets;
        for (const auto& each : settings.deploy) {
            targets.push_back(make_target(each));
        }
        return targets;
    }

    std::unique_ptr<deploy::Target> make_target(
        const manager::DeploySettings& settings)
    {
        using Kind = manager::DeploySettings::Kind;
        switch (settings.kind) {
        case Kind::acm:
            return std::make_unique<deploy::Acm>(
                settings.acm, make_client(),
                aws::Ports{clock_, timers_, random_});
        case Kind::files:
            return std::make_unique<deploy::Files>(settings.files);
        case Kind::exec:
        case Kind::none:
            break;
        }
        return std::make_unique<deploy::Exec>(settings.exec, spawner_, timers_,
                                              log_);
    }

    std::unique_ptr<dns::Resolver> make_resolver()
    {
        return std::make_unique<event::AresResolver>(timers_, resolvers_);
    }

    // Trusting what the system trusts.
    std::unique_ptr<http::Client> make_client()
    {
        return std::make_unique<event::CurlClient>(event::Route{}, timers_);
    }

    manager::Ports ports(shm::Tables& tables)
    {
        std::vector<deploy::Target*> targets;
        for (const auto& each : targets_) {
            targets.push_back(each.get());
        }
        return {clock_,
                random_,
                timers_,
                log_,
                store_,
                lock_,
                tables,
                tables,
                tables,
                [this](const manager::IssuerSettings& issuer) {
                    return std::make_unique<event::CurlClient>(
                        event::Route{issuer.trusted_pem, issuer.verify,
                                     issuer.proxy},
                        timers_);
                },
                {&http_01_, &tls_alpn_01_, &dns_01_, &dns_account_01_,
                 &dns_persist_01_},
                [this] { return make_resolver(); },
                std::move(targets)};
    }

    event::Clock clock_;
    event::Random random_;
    event::Timers timers_;
    event::Log log_;
    store::FileStore store_;
    store::FileLock lock_;
    const std::vector<std::string>& resolvers_;
    challenge::Outside outside_;
    challenge::Http01 http_01_;
    challenge::TlsAlpn01 tls_alpn_01_;
    challenge::OwnZone own_zone_;
    event::Spawner spawner_;
    std::vector<std::unique_ptr<dns::Provider>> providers_;
    const challenge::Dns01::Providers dns_writers_;
    challenge::Dns01 dns_01_;
    challenge::Dns01 dns_account_01_;
    challenge::DnsPersist01 dns_persist_01_;
    const std::vector<std::unique_ptr<deploy::Target>> targets_;
    manager::Manager manager_;
    shm::Tables& tables_;
    const bool watched_;
    const std::int64_t began_ = ngx_time();
    std::unique_ptr<base::Timer> timer_;
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
    event::reset_child_signal();
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
