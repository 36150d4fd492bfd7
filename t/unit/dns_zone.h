// The zone acme.pium.life with a few names in it, for the responder's tests
// and its fuzz target.
#pragma once

#include <map>

#include "dns/rdata.h"
#include "dns/responder.h"
#include "dns_bytes.h"

namespace dns_test {

class FakeSource : public dns::TxtSource {
public:
    std::map<std::string, std::vector<std::string>, std::less<>> names;

    std::vector<std::string> values(std::string_view name) const override
    {
        const auto found = names.find(name);
        return found == names.end() ? std::vector<std::string>()
                                    : found->second;
    }

    bool exists(std::string_view name) const override
    {
        for (const auto& entry : names) {
            if (entry.first == name
                || entry.first.ends_with("." + std::string(name)))
            {
                return true;
            }
        }
        return false;
    }
};

inline dns::ZoneSettings zone_settings()
{
    dns::ZoneSettings settings;
    settings.zone = name("acme.pium.life");
    settings.name_server = name("ns.host.acme.pium.life");
    for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
        settings.addresses.push_back(
            *dns::make_address(settings.name_server, address, 300));
    }
    return settings;
}

inline FakeSource zone_values()
{
    FakeSource source;
    source.names["www.pium.life.acme.pium.life"] = {std::string(43, 'v')};
    source.names["pium.life.acme.pium.life"] = {std::string(43, 'v'),
                                                std::string(43, 'w')};
    source.names["many.acme.pium.life"] =
        std::vector<std::string>(12, std::string(43, 'm'));
    source.names["most.acme.pium.life"] =
        std::vector<std::string>(60, std::string(43, 'm'));
    source.names["huge.acme.pium.life"] = {std::string(70'000, 'h')};
    return source;
}

}  // namespace dns_test
