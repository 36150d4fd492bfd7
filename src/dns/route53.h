// Route53: TXT records in a hosted zone of Amazon's. Its API knows record
// sets only, which are read, changed and written as a whole; so changes of
// one name by this process wait for each other, and the other values of a set
// stay what they are.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aws/signed_client.h"
#include "dns/provider.h"
#include "dns/route53_changes.h"
#include "dns/route53_message.h"
#include "dns/turns.h"
#include "dns/zone_finder.h"

namespace dns {

struct Route53Settings {
    std::string zone_id;  // empty: found by the name
    aws::Environment environment;
    std::string endpoint = "https://route53.amazonaws.com";
};

class Route53 : public Provider {
public:
    Route53(Route53Settings settings, std::unique_ptr<http::Client> client,
            const aws::Ports& ports);

    // Done when every name server of the zone has the record.
    void add(const TxtRecord& record, Done done) override;
    // Done when Route 53 has taken the change.
    void remove(const TxtRecord& record, Done done) override;

private:
    // The change that came of it; empty when nothing had to be changed.
    using Written = std::function<void(base::Result<std::string>)>;

    struct Task {
        TxtRecord record;
        bool wanted;  // the value, at the name
        Written done;
        std::string zone = {};  // its id
        unsigned tries = 0;
    };

    void start(const Task& task);
    void find_zone(const std::string& name, ZoneFinder::Found found);
    void read(Task task);
    void write(const Task& task, TxtSet set);
    void send(const Task& task, const std::string& body);
    void on_written(const Task& task,
                    const base::Result<http::Response>& result);
    void ask_zone(const std::string& name,
                  const ZoneFinder::Answer& answer);
    base::Error error_of(const base::Result<http::Response>& result);

    Route53Settings settings_;
    std::string root_;
    aws::SignedClient client_;
    Route53Changes changes_;
    ZoneFinder zones_;
    Turns turns_;
};

}  // namespace dns
