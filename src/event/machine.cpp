#include "event/machine.h"

#include <algorithm>

#include <openssl/rand.h>

namespace event {

namespace {

// nginx cuts a line at NGX_MAX_ERROR_STR (2048).
constexpr std::size_t kMaxLine = 1900;

ngx_uint_t nginx_level(base::LogLevel level)
{
    switch (level) {
    case base::LogLevel::debug: return NGX_LOG_DEBUG;
    case base::LogLevel::info: return NGX_LOG_INFO;
    case base::LogLevel::notice: return NGX_LOG_NOTICE;
    case base::LogLevel::warn: return NGX_LOG_WARN;
    case base::LogLevel::error: return NGX_LOG_ERR;
    case base::LogLevel::crit: return NGX_LOG_CRIT;
    }
    return NGX_LOG_ERR;
}

}  // namespace

base::Time Clock::now() const
{
    return std::chrono::time_point_cast<base::Duration>(
        std::chrono::system_clock::now());
}

double Random::uniform()
{
    std::uint32_t bits = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof(bits));
    return bits / 4294967296.0;
}

void Log::write(base::LogLevel level, std::string_view line)
{
    std::string text(line);
    if (text.size() > kMaxLine) {
        // Of a CA's long story the middle goes: when the next attempt is, and
        // of which certificate, stands at the end.
        text.replace(kMaxLine / 2, text.size() - kMaxLine, " ... ");
    }
    ngx_log_error(nginx_level(level), ngx_cycle->log, 0, "acme: %s",
                  text.c_str());
}

}  // namespace event
