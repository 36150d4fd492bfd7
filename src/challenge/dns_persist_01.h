// dns-persist-01 (draft-ietf-acme-dns-persist): a TXT record at
// _validation-persist of the name, which a person has set once. Nothing is
// written here: it is looked at, at the zone's own name servers, before the CA
// is told to.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ports.h"
#include "challenge/persist_record.h"
#include "challenge/solver.h"
#include "dns/propagation.h"

namespace challenge {

class DnsPersist01 : public Solver {
public:
    using MakeResolver = std::function<std::unique_ptr<dns::Resolver>()>;

    // All that is given outlives the solver. A record that will soon end is
    // told to `log`.
    DnsPersist01(MakeResolver make_resolver, base::Timers& timers,
                 base::Clock& clock, base::LogSink& log)
        : make_resolver_(std::move(make_resolver)),
          timers_(timers),
          clock_(clock),
          log_(log)
    {}

    std::string_view type() const override { return "dns-persist-01"; }
    void present(const Proof& proof, Presented presented) override;
    void clean_up(const Proof& proof) override;
    void clean_up_all() override {}
    // What the record must say is known by the challenge alone.
    void preflight(const Proof&, Presented done) override { done(base::ok()); }

private:
    using Number = unsigned long;
    using Judgement = base::Result<std::optional<base::Time>>;

    struct Look {
        std::string name;
        PersistTerms terms;
        Presented presented;
        std::unique_ptr<dns::Propagation> propagation;
        Judgement judgement = std::optional<base::Time>();
    };
    void on_followed(Number number, base::Result<dns::Name> end);
    void on_looked(Number number, const base::Status& status);
    void warn_of_end(const Look& look);
    void report(Number number, base::Status status);

    MakeResolver make_resolver_;
    base::Timers& timers_;
    base::Clock& clock_;
    base::LogSink& log_;
    std::map<Number, Look> looks_;
    Number last_ = 0;
    // A look ends from within its own report.
    std::vector<std::unique_ptr<dns::Propagation>> buried_;
    std::unique_ptr<base::Timer> burial_;
};

}  // namespace challenge
