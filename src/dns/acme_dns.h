// AcmeDns: the TXT records of one name, at an acme-dns server: a small name
// server made for _acme-challenge alone. The name is a CNAME of the place
// that the server gave at registration.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ports.h"
#include "dns/acme_dns_registration.h"
#include "dns/provider.h"
#include "dns/turns.h"
#include "http/client.h"

namespace dns {

struct AcmeDnsSettings {
    std::string server;  // "https://auth.example.org"
    // Networks that may write, for a new registration: "192.0.2.0/24".
    std::vector<std::string> allow_from;
    std::optional<AcmeDnsRegistration> registration;
    // Keeps a new one, before anything else is done with it. When it fails
    // the registration is not used.
    std::function<base::Status(const AcmeDnsRegistration&)> save;
};

// The server keeps the last two values of a registration: enough for a name
// and its wildcard, not for two names. So each name needs one of its own, and
// records here are all taken to be of that name, whatever theirs is.
class AcmeDns : public Provider {
public:
    AcmeDns(AcmeDnsSettings settings, std::unique_ptr<http::Client> client,
            base::Clock& clock);

    // Registers when there is no registration yet.
    void enroll(Done done);

    // The same first. The CNAME may still be missing then: registration()
    // says where it must lead.
    void add(const TxtRecord& record, Done done) override;
    // Nothing: a later value takes the place of the one before the last.
    void remove(const TxtRecord& record, Done done) override;

    const std::optional<AcmeDnsRegistration>& registration() const
    {
        return settings_.registration;
    }

private:
    void post(http::Request request, const http::Completion& completion);
    void register_now(Done done);
    base::Status enrolled(const http::Response& response);
    void update(const TxtRecord& record, const Done& done);

    AcmeDnsSettings settings_;
    std::unique_ptr<http::Client> client_;
    base::Clock& clock_;
    Turns turns_;
};

}  // namespace dns
