// Preflight: before an order is placed, whether the CA would find what it is
// going to look for. What does not lead here is seen without a failed
// validation at the CA, and said in words that a person can act on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "manager/issuer.h"
#include "manager/ports.h"
#include "manager/settings.h"
#include "store/records.h"

namespace manager {

// The types that are allowed: the one that worked, or is next to be tried, comes
// first.
std::vector<std::string> challenge_types(const CertificateSettings& settings,
                                         const store::Job& job);

class Preflight {
public:
    struct Finding {
        base::Error error;      // what is wrong
        std::string challenge;  // the type that it is about
    };
    using Findings = std::vector<Finding>;
    using Done = std::function<void(Findings)>;

    // `types` are those that may be used, preferred first. What needs to know
    // the CA's directory or our account is looked at once the issuer has been
    // prepared. Everything given outlives it.
    Preflight(const CertificateSettings& settings,
              std::vector<std::string> types, const Issuer& issuer,
              Ports& ports);

    // Calls `done` once, from the event loop; it must live until then.
    void start(Done done);

private:
    void check_way(const base::Identifier& identifier,
                   const std::string& type);
    void check_caa(const base::Identifier& identifier,
                   const std::string& type);
    void on_checked(const std::string& type, base::Status status);

    const CertificateSettings& settings_;
    const std::vector<std::string> types_;
    const Issuer& issuer_;
    Ports& ports_;
    Done done_;
    Findings findings_;
    std::size_t open_ = 0;
    std::unique_ptr<base::Timer> end_;
    // Destroyed first: nothing comes from it then.
    std::unique_ptr<dns::Resolver> resolver_;
};

}  // namespace manager
