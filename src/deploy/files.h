// Files: certificates exported for programs that read them from files, in
// certbot's layout:
//
//     <folder>/<id>  ->  .<id>.<16 hex digits>/
//                            privkey.pem  cert.pem  chain.pem
//                            fullchain.pem (cert, chain)
//                            bundle.pem (privkey, cert, chain)
//
// The link is what is exchanged: who follows it once sees files that belong
// together, always. The folder before stays for those who have followed the
// link just now, older ones go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "deploy/target.h"

namespace deploy {

struct FilesSettings {
    std::string folder;
    mode_t mode = 0600;          // of what has the key; the rest is public
    std::optional<gid_t> group;  // of all of it
};

class Files : public Target {
public:
    explicit Files(FilesSettings settings) : settings_(std::move(settings)) {}

    bool wants(Event event) const override
    {
        return brings_certificate(event);
    }
    void deliver(const Delivery& delivery, Done done) override;
    bool has(const std::string& id,
             const std::string& fingerprint) const override;
    std::string directory_of(const std::string& id) const override;

private:
    base::Result<std::string> export_to(const Delivery& delivery) const;
    std::string version_of(const std::string& name,
                           const std::string& fingerprint) const;

    FilesSettings settings_;
};

}  // namespace deploy
