// The folders that certificates are exported to: made for the worker user where
// there is none, left as they are where there is.
#include "nginx/conf.h"
#include "nginx/helper_user.h"

#include <sys/stat.h>

namespace nginx {

namespace {

// What is in it says for itself who may read it.
constexpr mode_t kMode = 0755;

void warn(ngx_cycle_t* cycle, const char* what, const std::string& path,
          int error = 0)
{
    ngx_log_error(NGX_LOG_WARN, cycle->log, error,
                  "acme: %s \"%s\": nothing can be exported there until that "
                  "is mended, \"files\" in \"acme_deploy\"",
                  what, path.c_str());
}

void make_folder(ngx_cycle_t* cycle, const std::string& path,
                 const HelperUser& user)
{
    if (mkdir(path.c_str(), kMode) == -1) {
        if (errno != EEXIST) {
            warn(cycle, "cannot make the directory", path, errno);
        }
        return;
    }
    const bool ours = user.uid == geteuid()
        || chown(path.c_str(), user.uid, gid_t(-1)) == 0;
    if (!ours || chmod(path.c_str(), kMode) == -1) {
        warn(cycle, "cannot give the worker user the directory", path, errno);
    }
}

}  // namespace

void make_export_folders(ngx_cycle_t* cycle, const MainConf& main)
{
    const HelperUser user = helper_user(cycle);
    for (const auto& settings : main.settings.deploy) {
        const auto& path = settings.files.folder;
        if (path.empty()) {
            continue;
        }
        struct stat info;
        if (!ngx_test_config) {
            make_folder(cycle, path, user);
        }
        if (const auto closed = closed_ancestor(path, user); !closed.empty()) {
            warn(cycle, "the worker user cannot enter", closed);
        } else if (stat(path.c_str(), &info) == 0 && !allows(info, user, 7)) {
            warn(cycle, "the worker user cannot write in", path);
        }
    }
}

}  // namespace nginx
