// Lookout: goes round the certificates that are served, once a day, and looks
// whether they could be renewed: whether their names still lead here. What has
// moved away is said months before a certificate ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "manager/issuer.h"
#include "manager/managed_certificate.h"
#include "manager/ports.h"
#include "manager/preflight.h"

namespace manager {

class Lookout {
public:
    // All that is given outlives it. `issuers` are as in Settings::issuers.
    Lookout(std::vector<ManagedCertificate>& certificates,
            std::vector<const Issuer*> issuers, Ports& ports)
        : certificates_(certificates),
          issuers_(std::move(issuers)),
          ports_(ports)
    {}

    // The first round begins after this delay.
    void start(base::Duration delay);

private:
    void step();
    void look(ManagedCertificate& certificate);
    void tell(ManagedCertificate& certificate,
              const Preflight::Findings& findings);

    std::vector<ManagedCertificate>& certificates_;
    const std::vector<const Issuer*> issuers_;
    Ports& ports_;
    std::size_t next_ = 0;
    std::unique_ptr<Preflight> preflight_;
    std::unique_ptr<base::Timer> timer_;
};

}  // namespace manager
