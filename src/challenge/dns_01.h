// dns-01 (RFC 8555, section 8.4): a TXT record at _acme-challenge of the name, or
// where a CNAME from there leads. It is written through a provider, or to
// the zone that this nginx answers for itself, and the CA is not told before
// the zone's name servers have it. dns-account-01 is the same at another name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ports.h"
#include "challenge/solver.h"
#include "dns/propagation.h"
#include "dns/provider.h"

namespace challenge {

// Where the record of a proof is, or the CNAME that leads to it.
using RecordName = std::string (*)(const Proof& proof);
std::string dns_01_name(const Proof& proof);
std::string dns_account_01_name(const Proof& proof);

class Dns01 : public Solver {
public:
    using MakeResolver = std::function<std::unique_ptr<dns::Resolver>()>;

    // Who writes the record, by the name that a Proof gives as its `dns`.
    using Providers = std::map<std::string, dns::Provider*>;

    // All that is given outlives the solver.
    Dns01(std::string_view type, RecordName record_name, Providers providers,
          MakeResolver make_resolver, base::Timers& timers, base::Clock& clock)
        : type_(type),
          record_name_(record_name),
          providers_(std::move(providers)),
          make_resolver_(std::move(make_resolver)),
          timers_(timers),
          clock_(clock)
    {}

    std::string_view type() const override { return type_; }
    void present(const Proof& proof, Presented presented) override;
    void clean_up(const Proof& proof) override;
    void clean_up_all() override {}
    // Where the record would be. It is not written: whether the name servers
    // have it is found out in any case before a CA is told.
    void preflight(const Proof& proof, Presented done) override;

private:
    // What comes late finds its claim by number, or none any more.
    using Number = unsigned long;

    struct Claim {
        Number number;
        Proof proof;
        Presented presented;  // empty once it was called
        dns::Provider& provider;
        dns::TxtRecord record;  // its name once it is known
        bool preflight;         // it ends where the record would be written
        std::unique_ptr<dns::Propagation> propagation;
        std::string place = {};  // where the provider wants it
        bool there = false;      // all name servers have the record
        std::unique_ptr<base::Timer> patience = {};
    };
    void begin(const Proof& proof, Presented presented, bool preflight);
    void on_placed(Number number, base::Result<std::string> place);
    void on_followed(Number number, const base::Result<dns::Name>& end);
    base::Status check_end(const Claim& claim,
                           const base::Result<dns::Name>& end) const;
    void on_written(Number number, base::Status status);
    void on_there(Number number);
    Claim* other_of_two(const Claim& claim);
    void report(Number number, base::Status status);
    Claim* find(Number number);
    void bury(std::unique_ptr<dns::Propagation> propagation);

    std::string_view type_;
    RecordName record_name_;
    const Providers providers_;
    MakeResolver make_resolver_;
    base::Timers& timers_;
    base::Clock& clock_;
    std::map<Number, Claim> claims_;
    Number last_ = 0;
    // One that reports may be cleaned up from within its report.
    std::vector<std::unique_ptr<dns::Propagation>> buried_;
    std::unique_ptr<base::Timer> burial_;
};

}  // namespace challenge
