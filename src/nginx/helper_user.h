// Who the helper is going to be, and what he may do with a path: found out by
// the master, who may do anything.
#pragma once

#include "nginx/ngx.h"

#include <string>
#include <vector>

#include <sys/stat.h>

namespace nginx {

struct HelperUser {
    uid_t uid;
    std::vector<gid_t> groups;
};

HelperUser helper_user(ngx_cycle_t* cycle);

// Whether the permission bits (as for "other", 0 to 7) are given to the user.
bool allows(const struct stat& info, const HelperUser& user, unsigned wanted);

// The first folder above the path that he cannot enter; empty: he can reach it.
std::string closed_ancestor(const std::string& path, const HelperUser& user);

}  // namespace nginx
