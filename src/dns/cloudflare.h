// Cloudflare: TXT records in a zone there, through its API, version 4.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/ports.h"
#include "base/secret.h"
#include "dns/provider.h"
#include "dns/turns.h"
#include "dns/zone_finder.h"
#include "http/client.h"

namespace dns {

struct CloudflareSettings {
    base::Secret token;  // an API token, not the global key
    std::string endpoint = "https://api.cloudflare.com/client/v4";
};

class Cloudflare : public Provider {
public:
    Cloudflare(CloudflareSettings settings,
               std::unique_ptr<http::Client> client, base::Clock& clock);

    void add(const TxtRecord& record, Done done) override;
    void remove(const TxtRecord& record, Done done) override;

private:
    struct Call {
        http::Request::Method method;
        std::string path;
        std::string body = {};
    };

    // Completes with an answer that is Cloudflare's own and says success, or
    // one of the codes that mean the same; else with an Error.
    void call(const Call& call, const http::Completion& completion);
    base::Error error_of(const http::Response& response);
    void ask_zone(const std::string& name,
                  const ZoneFinder::Answer& answer);
    // In the record's turn and with its zone at hand.
    using Step = void (Cloudflare::*)(const Zone& zone,
                                      const TxtRecord& record,
                                      const Done& done);
    void in_zone(const TxtRecord& record, Step step, const Done& done);
    void create(const Zone& zone, const TxtRecord& record, const Done& done);
    void find_and_erase(const Zone& zone, const TxtRecord& record,
                        const Done& done);
    void erase(const Zone& zone, const std::string& id, const Done& done);

    CloudflareSettings settings_;
    std::unique_ptr<http::Client> client_;
    base::Clock& clock_;
    ZoneFinder zones_;
    Turns turns_;
    // Of the records made by this process, by name and value.
    std::map<std::pair<std::string, std::string>, std::string> ids_;
};

}  // namespace dns
