// Exec: a program of the operator's that is told what happens to certificates,
// by its environment:
//
//     ACME_EVENT      issued, renewed, expiring, failed or revoked
//     ACME_ID         what the certificate is called in log and status
//     ACME_NAMES      its names, separated by spaces
//     ACME_ISSUER     the issuer's name in the configuration
//     ACME_SERIAL     of the certificate, hexadecimal; absent without one,
//                     as are the next three
//     ACME_NOT_AFTER  when it ends, RFC 3339
//     ACME_SHA256     of the certificate, hexadecimal
//     ACME_BUNDLE     the file with its key and its chain
//     ACME_DIRECTORY  where it was exported to by a block with "files" that
//                     stands before in deploy=; absent without one
//     ACME_ERROR      why, when something has failed
//
// RENEWED_LINEAGE and RENEWED_DOMAINS are ACME_DIRECTORY and ACME_NAMES as
// certbot's hooks know them. When the helper ends while a program runs, nobody
// hears how that ends, so it is called again, but not before that.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/ports.h"
#include "base/processes.h"
#include "deploy/target.h"

namespace deploy {

struct ExecSettings {
    std::vector<std::string> command;  // a path, and arguments
    std::set<Event> events{Event::issued, Event::renewed};
    base::Duration limit = std::chrono::minutes(1);
};

class Exec : public Target {
public:
    Exec(ExecSettings settings, base::Processes& processes,
         base::Timers& timers, base::LogSink& log)
        : settings_(std::move(settings)),
          processes_(processes),
          timers_(timers),
          log_(log)
    {}

    bool wants(Event event) const override
    {
        return settings_.events.contains(event);
    }
    void deliver(const Delivery& delivery, Done done) override;

private:
    void await(Delivery delivery, Done done, base::Duration waited);
    void run(const Delivery& delivery, Done done);
    void on_end(const Delivery& delivery,
                const base::Result<base::Processes::End>& end,
                const Done& done);

    ExecSettings settings_;
    base::Processes& processes_;
    base::Timers& timers_;
    base::LogSink& log_;
    // By certificate: those that wait for a program of another helper's.
    std::map<std::string, std::unique_ptr<base::Timer>> waiting_;
};

}  // namespace deploy
