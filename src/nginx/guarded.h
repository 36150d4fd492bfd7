// What every function whose address is given to C runs in: an exception (the
// library's own: memory, above all) that left it would kill the process.
#pragma once

#include "nginx/ngx.h"

#include <exception>
#include <utility>

#include "crypto/error.h"

namespace nginx {

// Runs `body`; gives `safe`, the value that does the least harm to that
// caller, when it throws. Leaves OpenSSL's error queue empty.
template <typename Safe, typename Body>
Safe guarded(ngx_log_t* log, Safe safe, Body&& body) noexcept
{
    try {
        crypto::ErrorQueueGuard queue;
        return std::forward<Body>(body)();
    } catch (const std::exception& e) {
        ngx_log_error(NGX_LOG_CRIT, log, 0, "acme: unexpected: %s", e.what());
    } catch (...) {
        ngx_log_error(NGX_LOG_CRIT, log, 0, "acme: unexpected exception");
    }
    return safe;
}

// For callbacks that give nothing back.
template <typename Body>
void guarded(ngx_log_t* log, Body&& body) noexcept
{
    guarded(log, 0, [&] {
        body();
        return 0;
    });
}

}  // namespace nginx
