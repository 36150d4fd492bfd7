#include "dns/acme_dns_server.h"

#include <utility>

#include "dns/name.h"

namespace dns {

base::Result<AcmeDns*> AcmeDnsServer::of_domain(const std::string& domain)
{
    auto& mine = domains_[domain];
    if (mine) {
        return mine.get();
    }
    auto registration = store_.load(domain);
    if (!registration) {
        return std::move(registration).error_in("reading the registration");
    }
    const auto save = [this, domain](const AcmeDnsRegistration& made) {
        return store_.save(domain, made);
    };
    mine = std::make_unique<AcmeDns>(
        AcmeDnsSettings{server_, allow_from_, *std::move(registration), save},
        make_client_(), clock_);
    return mine.get();
}

void AcmeDnsServer::place(const std::string& domain, const Placed& placed)
{
    auto mine = of_domain(domain);
    if (!mine) {
        placed(mine.error());
        return;
    }
    AcmeDns& acme_dns = **mine;
    acme_dns.enroll([this, &acme_dns, placed](base::Status status) {
        if (!status) {
            placed(std::move(status).error());
            return;
        }
        const auto name =
            Name::from_text(acme_dns.registration()->fulldomain);
        if (!name) {
            placed(name.error());
            return;
        }
        places_[name->key()] = &acme_dns;
        placed(name->key());
    });
}

void AcmeDnsServer::add(const TxtRecord& record, Done done)
{
    const auto found = places_.find(record.name);
    if (found == places_.end()) {
        done(base::Error{base::ErrorKind::internal,
                         "no registration is known for " + record.name});
        return;
    }
    found->second->add(record, std::move(done));
}

void AcmeDnsServer::remove(const TxtRecord& record, Done done)
{
    const auto found = places_.find(record.name);
    if (found == places_.end()) {
        done(base::ok());
        return;
    }
    found->second->remove(record, std::move(done));
}

}  // namespace dns
