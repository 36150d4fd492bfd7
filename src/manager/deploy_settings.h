// Where certificates go beside this nginx: one acme_deploy block, as plain
// values.
#pragma once

#include <string>

#include "deploy/acm.h"
#include "deploy/exec.h"
#include "deploy/files.h"

namespace manager {

struct DeploySettings {
    enum class Kind { none, exec, files, acm };

    std::string name;
    Kind kind = Kind::none;
    deploy::ExecSettings exec;
    deploy::FilesSettings files;
    deploy::AcmSettings acm;
    // The certificate is for CloudFront, which takes fewer types of keys.
    bool cloudfront = false;
};

}  // namespace manager
