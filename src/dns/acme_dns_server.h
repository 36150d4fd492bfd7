// AcmeDnsServer: an acme-dns server for many domains, each with a registration
// of its own (the server keeps two values for each, see AcmeDns). A
// registration is kept before anybody is told of the CNAME that leads to it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ports.h"
#include "dns/acme_dns.h"
#include "dns/provider.h"
#include "http/client.h"

namespace dns {

// Where registrations are kept, by domain.
struct AcmeDnsStore {
    std::function<base::Result<std::optional<AcmeDnsRegistration>>(
        const std::string& domain)>
        load;
    std::function<base::Status(const std::string& domain,
                               const AcmeDnsRegistration& registration)>
        save;
};

class AcmeDnsServer : public Provider {
public:
    using MakeClient = std::function<std::unique_ptr<http::Client>()>;

    // `server` and `allow_from` as in AcmeDnsSettings. The clock outlives it.
    AcmeDnsServer(std::string server, std::vector<std::string> allow_from,
                  AcmeDnsStore store, MakeClient make_client,
                  base::Clock& clock)
        : server_(std::move(server)),
          allow_from_(std::move(allow_from)),
          store_(std::move(store)),
          make_client_(std::move(make_client)),
          clock_(clock)
    {}

    // The place that the domain's registration gives; registers when there is
    // none yet.
    void place(const std::string& domain, const Placed& placed) override;
    void add(const TxtRecord& record, Done done) override;
    void remove(const TxtRecord& record, Done done) override;

private:
    base::Result<AcmeDns*> of_domain(const std::string& domain);

    const std::string server_;
    const std::vector<std::string> allow_from_;
    const AcmeDnsStore store_;
    const MakeClient make_client_;
    base::Clock& clock_;
    std::map<std::string, std::unique_ptr<AcmeDns>> domains_;
    std::map<std::string, AcmeDns*> places_;  // by the name of the record
};

}  // namespace dns
