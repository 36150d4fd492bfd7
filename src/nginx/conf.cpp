#include "nginx/conf.h"

#include <cstring>

namespace nginx {

ngx_str_t pool_copy(ngx_pool_t* pool, std::string_view text)
{
    // With a zero behind it, which nginx's path functions count on.
    auto* data = static_cast<u_char*>(ngx_pnalloc(pool, text.size() + 1));
    if (data == nullptr) {
        return ngx_null_string;
    }
    std::memcpy(data, text.data(), text.size());
    data[text.size()] = '\0';
    return {text.size(), data};
}

char* refuse(ngx_conf_t* cf, const std::string& why)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", why.c_str());
    return static_cast<char*>(NGX_CONF_ERROR);
}

char* refuse(ngx_conf_t* cf, const Place& place, const std::string& why)
{
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%s in %s:%ui", why.c_str(),
                  place.file.c_str(), place.line);
    return static_cast<char*>(NGX_CONF_ERROR);
}

Place place_of(ngx_conf_t* cf)
{
    return {std::string(view(cf->conf_file->file.name)),
            cf->conf_file->line};
}

}  // namespace nginx
