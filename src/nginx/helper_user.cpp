#include "nginx/helper_user.h"

#include <grp.h>

namespace nginx {

HelperUser helper_user(ngx_cycle_t* cycle)
{
    auto* core = reinterpret_cast<ngx_core_conf_t*>(
        ngx_get_conf(cycle->conf_ctx, ngx_core_module));
    if (geteuid() != 0 || !core->master || core->username == nullptr) {
        return {geteuid(), {getegid()}};
    }
    HelperUser user{core->user, std::vector<gid_t>(64)};
    int count = int(user.groups.size());
    if (getgrouplist(core->username, core->group, user.groups.data(), &count)
        < 0)
    {
        count = int(user.groups.size());
    }
    user.groups.resize(std::size_t(count));
    return user;
}

bool allows(const struct stat& info, const HelperUser& user, unsigned wanted)
{
    unsigned given = info.st_mode & 7U;
    if (user.uid == 0) {
        return true;
    }
    if (info.st_uid == user.uid) {
        given = (info.st_mode >> 6) & 7U;
    } else {
        for (gid_t group : user.groups) {
            if (group == info.st_gid) {
                given = (info.st_mode >> 3) & 7U;
            }
        }
    }
    return (given & wanted) == wanted;
}

std::string closed_ancestor(const std::string& path, const HelperUser& user)
{
    struct stat info;
    for (auto slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1))
    {
        std::string ancestor = path.substr(0, slash);
        if (stat(ancestor.c_str(), &info) == 0 && !allows(info, user, 1)) {
            return ancestor;
        }
    }
    return {};
}

}  // namespace nginx
