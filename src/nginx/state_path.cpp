// The state directory: nginx makes it and hands it to the worker user, since
// it is one of its paths; that the same path has a manager is what makes nginx
// run the helper process.
#include "nginx/conf.h"
#include "nginx/helper_user.h"

#include <sys/stat.h>

#include <cstring>

#ifndef NGX_HTTP_ACME_DOMAIN_STATE_PATH
#define NGX_HTTP_ACME_DOMAIN_STATE_PATH "/var/lib/nginx/acme"
#endif

namespace nginx {

namespace {

void warn(ngx_cycle_t* cycle, const char* what, const std::string& path)
{
    ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                  "acme: the worker user cannot %s \"%s\": no certificate "
                  "can be obtained or renewed until it can, "
                  "\"acme_state_path\"",
                  what, path.c_str());
}

// nginx gives the path to the worker user, whatever it is, and says little
// when it cannot make it.
std::string why_unusable(const std::string& path)
{
    struct stat info;
    if (path.empty() || path == "/") {
        return "it must be a directory of its own";
    }
    if (stat(path.c_str(), &info) == 0) {
        return S_ISDIR(info.st_mode) ? "" : "it is not a directory";
    }
    const std::string parent = path.substr(0, path.rfind('/'));
    if (!parent.empty() && stat(parent.c_str(), &info) != 0) {
        return "\"" + parent + "\": " + strerror(errno)
            + "; nginx makes the last directory only";
    }
    return {};
}

// The whole path, without a slash at its end; data is null for want of memory.
ngx_str_t full_path(ngx_conf_t* cf, const MainConf& main)
{
    ngx_str_t name = main.state_path;
    if (name.data == nullptr) {
        name = pool_copy(cf->pool, main.issuer_state_path.empty()
                                       ? NGX_HTTP_ACME_DOMAIN_STATE_PATH
                                       : main.issuer_state_path);
    }
    const bool given = name.len > 0;
    if (name.data == nullptr
        || (given && ngx_conf_full_name(cf->cycle, &name, 0) != NGX_OK))
    {
        return ngx_null_string;
    }
    while (name.len > 1 && name.data[name.len - 1] == '/') {
        name.data[--name.len] = '\0';
    }
    return name;
}

}  // namespace

char* add_state_path(ngx_conf_t* cf, MainConf& main)
{
    const ngx_str_t name = full_path(cf, main);
    if (name.data == nullptr) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    const std::string text(view(name));
    if (const auto why = why_unusable(text); !why.empty()) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "invalid path \"%s\" in \"acme_state_path\": %s",
                      text.c_str(), why.c_str());
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    auto* path = static_cast<ngx_path_t*>(
        ngx_pcalloc(cf->pool, sizeof(ngx_path_t)));
    if (path == nullptr) {
        return static_cast<char*>(NGX_CONF_ERROR);
    }
    path->name = name;
    path->manager = on_helper_tick;
    path->data = &main;
    path->conf_file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;
    main.path = path;
    main.settings.state_path = text;
    return ngx_add_path(cf, &main.path) == NGX_OK
        ? NGX_CONF_OK
        : static_cast<char*>(NGX_CONF_ERROR);
}

// What the helper would find out only when it is too late for `nginx -t`.
void warn_about_state_path(ngx_cycle_t* cycle, const MainConf& main)
{
    const HelperUser user = helper_user(cycle);
    const std::string& path = main.settings.state_path;
    struct stat info;
    if (const auto closed = closed_ancestor(path, user); !closed.empty()) {
        warn(cycle, "enter", closed);
        return;
    }
    const char* const folders[] = {"", "/accounts", "/certificates", "/jobs"};
    for (const char* folder : folders) {
        const std::string each = path + folder;
        if (stat(each.c_str(), &info) == 0 && !allows(info, user, 7)) {
            warn(cycle, "write in", each);
            return;
        }
    }
}

}  // namespace nginx
