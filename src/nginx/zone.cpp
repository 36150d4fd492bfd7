// The shared zone: made or taken over in the master, before workers exist.
#include "event/machine.h"
#include "manager/stored_bundle.h"
#include "nginx/conf.h"
#include "nginx/guarded.h"
#include "store/file_store.h"

namespace nginx {

namespace {

constexpr char kName[] = "acme_domain";

// At a reload nginx starts the new workers 100 ms before it tells the old ones
// to stop listening. Where these do not see the new zone, a CA that looks
// meanwhile may not find its answer.
constexpr base::Duration kSettle = std::chrono::seconds(1);

ngx_str_t zone_name()
{
    return {sizeof(kName) - 1,
            reinterpret_cast<u_char*>(const_cast<char*>(kName))};
}

// Our zone of the cycle that is being replaced, if there is one.
MainConf* previous_conf()
{
    auto* part = &ngx_cycle->shared_memory.part;
    for (; part != nullptr; part = part->next) {
        auto* zones = static_cast<ngx_shm_zone_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; i++) {
            if (zones[i].tag == &ngx_http_acme_domain_module) {
                return static_cast<MainConf*>(zones[i].data);
            }
        }
    }
    return nullptr;
}

// A zone of another size replaces the old one at a reload: what the helper
// has put there must not get lost between the two.
void take_over(MainConf& main, ngx_log_t* log)
{
    auto* previous = previous_conf();
    if (previous == nullptr || !previous->tables) {
        return;
    }
    if (!main.tables->copy_from(*previous->tables)) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "acme: the new \"acme_zone\" does not hold what the "
                      "old one held");
    }
}

// What is stored is served from the first handshake on. Whether it is any
// good is the helper's to judge, and a worker takes only what fits.
void load_stored(MainConf& main, ngx_log_t* log)
{
    const event::Clock clock;
    store::FileStore store(main.settings.state_path,
                           store::FileStore::Access::read_only, clock);
    manager::BundleIndex index(store);
    for (const auto& certificate : main.settings.certificates) {
        if (main.tables->certificates().contains(certificate.id)) {
            continue;
        }
        auto found = manager::find_bundle(store, index, certificate);
        base::Status status = base::ok();
        if (!found) {
            status = found.error();
        } else if (*found) {
            status = main.tables->publish(certificate.id, (*found)->text);
        }
        if (!status) {
            ngx_log_error(NGX_LOG_ERR, log, 0, "acme: %s, certificate \"%s\"",
                          status.error().message.c_str(),
                          certificate.id.c_str());
        }
    }
}

ngx_int_t init_zone(ngx_shm_zone_t* zone, void* previous)
{
    auto& main = *static_cast<MainConf*>(zone->data);
    auto& pool = *reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
    ngx_log_t* log = zone->shm.log;
    auto* layout = previous != nullptr
        ? shm::Tables::find(pool)
        : shm::Tables::create(pool, main.settings.certificates.size());
    if (layout == nullptr) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      previous != nullptr
                          ? "acme: the shared memory was made by another "
                            "version of the module: restart nginx"
                          : "acme: \"acme_zone\" is too small");
        return NGX_ERROR;
    }
    main.tables = std::make_unique<shm::Tables>(pool, *layout);
    if (previous == nullptr && !ngx_is_init_cycle(ngx_cycle)) {
        take_over(main, log);
        main.settings.settle = kSettle;
    }
    if (!ngx_test_config) {
        load_stored(main, log);
    }
    return NGX_OK;
}

ngx_int_t on_zone_init(ngx_shm_zone_t* zone, void* previous) noexcept
{
    return guarded(zone->shm.log, ngx_int_t(NGX_ERROR),
                   [=] { return init_zone(zone, previous); });
}

}  // namespace

char* add_zone(ngx_conf_t* cf, MainConf& main)
{
    const auto count = main.settings.certificates.size();
    std::size_t names = 0;
    for (const auto& certificate : main.settings.certificates) {
        names += certificate.names.size();
    }
    std::size_t size = std::max(shm::zone_size(count, names),
                                main.least_zone_size);
    if (main.zone_size != NGX_CONF_UNSET_SIZE) {
        size = main.zone_size;
        const auto least = shm::minimal_zone_size(count, names);
        if (size < least) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"acme_zone %uz\" is too small for %uz "
                          "certificate%s: set %uzk at least",
                          size, count, count == 1 ? "" : "s",
                          (least + 1023) / 1024);
            return static_cast<char*>(NGX_CONF_ERROR);
        }
    }
    ngx_str_t name = zone_name();
    auto* zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_http_acme_domain_module);
    if (zone == nullptr) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    zone->init = on_zone_init;
    zone->data = &main;
    return NGX_CONF_OK;
}

}  // namespace nginx
