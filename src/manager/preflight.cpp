#include "manager/preflight.h"

#include <algorithm>
#include <utility>

#include "base/base64url.h"
#include "challenge/own_zone.h"
#include "crypto/random.h"
#include "dns/caa.h"

namespace manager {

namespace {

constexpr std::size_t kTokenBytes = 16;

bool can_prove(const std::string& type, const base::Identifier& identifier)
{
    const bool by_dns = type.starts_with("dns-");
    return identifier.type == base::Identifier::Type::ip
        ? !by_dns
        : by_dns || !identifier.wildcard();
}

}  // namespace

std::vector<std::string> challenge_types(const CertificateSettings& settings,
                                         const store::Job& job)
{
    auto types = settings.challenges;
    const auto preferred = std::ranges::find(types, job.challenge);
    if (preferred != types.end()) {
        std::rotate(types.begin(), preferred, preferred + 1);
    }
    return types;
}

Preflight::Preflight(const CertificateSettings& settings,
                     std::vector<std::string> types, const Issuer& issuer,
                     Ports& ports)
    : settings_(settings),
      types_(std::move(types)),
      issuer_(issuer),
      ports_(ports)
{}

void Preflight::start(Done done)
{
    done_ = std::move(done);
    resolver_ = ports_.make_resolver();
    // One more than there are checks: none ends it before all have begun.
    open_ = 1;
    for (const auto& identifier : settings_.names) {
        const auto type =
            std::ranges::find_if(types_, [&](const std::string& each) {
                return can_prove(each, identifier);
            });
        if (type != types_.end()) {
            check_way(identifier, *type);
            check_caa(identifier, *type);
        }
    }
    on_checked("", base::ok());
}

void Preflight::check_way(const base::Identifier& identifier,
                          const std::string& type)
{
    auto* solver = find_solver(ports_, type);
    auto token = crypto::random_bytes(kTokenBytes);
    if (solver == nullptr || !token
        || (type == "dns-account-01" && !issuer_.prepared()))
    {
        return;
    }
    challenge::Proof proof{identifier, base::base64url_encode(*token), {},
                           settings_.dns};
    proof.key_authorization = proof.token + ".preflight";
    if (issuer_.prepared()) {
        proof.accounts = {issuer_.account().url};
    }
    open_++;
    solver->preflight(proof, [this, type](base::Status status) {
        on_checked(type, std::move(status));
    });
}

// What the CA is called is known by its directory.
void Preflight::check_caa(const base::Identifier& identifier,
                          const std::string& type)
{
    const auto name =
        dns::Name::from_text(challenge::domain_of(identifier));
    if (identifier.type == base::Identifier::Type::ip || !name
        || !issuer_.prepared()
        || issuer_.directory().caa_identities.empty())
    {
        return;
    }
    const dns::CaaRequest request{identifier,
                                  issuer_.directory().caa_identities,
                                  issuer_.account().url, type};
    open_++;
    dns::find_caa(*resolver_, *name,
                  [this, request](base::Result<dns::CaaSet> set) {
                      on_checked(request.method,
                                 set ? dns::judge_caa(*set, request)
                                     : base::Status(set.error()));
                  });
}

void Preflight::on_checked(const std::string& type, base::Status status)
{
    if (!status) {
        findings_.push_back({std::move(status.error()), type});
    }
    if (--open_ == 0) {
        end_ = ports_.timers.after(base::Duration(0), [this] {
            const auto done = std::move(done_);
            done(std::move(findings_));
        });
    }
}

}  // namespace manager
