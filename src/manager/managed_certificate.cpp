#include "manager/managed_certificate.h"

#include <algorithm>

#include "acme/renewal_info.h"
#include "crypto/ocsp.h"

namespace manager {

namespace {

// Half of the time that a renewal has is gone.
constexpr double kUrgent = 1.0 / 6;

}  // namespace

Leaf::Leaf(const crypto::Chain& chain, std::string from)
    : directory(std::move(from)),
      ocsp_url(chain.size() > 1 ? crypto::ocsp_url(chain.front())
                                : std::string()),
      renewal_id(acme::renewal_id(chain.front())),
      serial(chain.front().serial()),
      fingerprint(chain.front().fingerprint())
{
    for (const auto& certificate : chain) {
        issuers.push_back(certificate.issuer());
    }
}

void ManagedCertificate::take(const crypto::Chain& chain,
                              const std::string& directory)
{
    const auto& leaf = chain.front();
    validity = schedule::Validity{leaf.not_before(), leaf.not_after()};
    this->leaf.emplace(chain, directory);
}

const store::Renewal::Suggestion* ManagedCertificate::suggestion() const
{
    const bool about_this = renewal && renewal->suggestion && leaf
        && renewal->certificate == leaf->renewal_id;
    return about_this ? &*renewal->suggestion : nullptr;
}

base::Time ManagedCertificate::renewal_time() const
{
    const auto* suggested = suggestion();
    return suggested ? schedule::renewal_time(*validity, suggested->at)
                     : schedule::renewal_time(*validity);
}

std::string ManagedCertificate::names_key() const
{
    auto names = settings.names;
    std::sort(names.begin(), names.end());
    return base::join(names);
}

std::string ManagedCertificate::settings_key(const Settings& all) const
{
    const auto& profile = settings.profile.name.empty()
        ? all.issuers[issuer].profile
        : settings.profile;
    std::string key(crypto::to_string(settings.key.type));
    for (const auto& challenge : settings.challenges) {
        key += " " + challenge;
    }
    return key + " dns=" + settings.dns + " profile=" + profile.name
        + (profile.required ? "!" : "");
}

std::optional<std::size_t> ManagedCertificate::issuer_at(
    const std::string& directory, const Settings& all) const
{
    const auto found = std::ranges::find_if(
        settings.issuers, [&](std::size_t index) {
            return all.issuers[index].directory == directory;
        });
    return found == settings.issuers.end() ? std::nullopt
                                           : std::optional(*found);
}

void ManagedCertificate::turn_to_next_issuer()
{
    const auto& all = settings.issuers;
    const auto next = std::ranges::find(all, issuer) + 1;
    issuer = next == all.end() ? all.front() : *next;
}

bool ManagedCertificate::satisfied_by(const crypto::Bundle& bundle,
                                      const Settings& all) const
{
    // A bundle that does not say where it came from was put there by hand.
    const bool ours = bundle.issuer.empty() || issuer_at(bundle.issuer, all);
    return ours && bundle.key.type() == settings.key.type
        && crypto::covers_exactly(bundle.chain.front(), settings.names);
}

ManagedCertificate::Worth ManagedCertificate::worth(
    const crypto::Bundle& bundle, const Settings& all, base::Time now) const
{
    const auto& leaf = bundle.chain.front();
    const bool covers = crypto::covers(leaf, settings.names);
    return {covers && now < leaf.not_after(), satisfied_by(bundle, all),
            covers, leaf.not_before()};
}

base::Time ManagedCertificate::due(base::Time now) const
{
    const base::Time wanted = validity && as_configured && !job.renew
        ? renewal_time()
        : now;
    if (!job.not_before) {
        return wanted;
    }
    return std::max(wanted, schedule::sane_not_before(*job.not_before, now));
}

base::Time ManagedCertificate::urgent_at() const
{
    if (!validity) {
        return {};
    }
    const base::Duration total = validity->not_after - validity->not_before;
    return validity->not_after
        - base::Duration(base::Duration::rep(double(total.count()) * kUrgent));
}

double ManagedCertificate::share_left(base::Time now) const
{
    return validity ? schedule::share_left(*validity, now) : 0;
}

// One that has expired cannot be lost any more.
ManagedCertificate::Rank ManagedCertificate::rank(double left) const
{
    if (left > 0 && left < kUrgent) {
        return Rank::near_its_end;
    }
    if (!has_failed()) {
        return Rank::never_failed;
    }
    return left > 0 ? Rank::failed : Rank::failed_and_unserved;
}

ManagedCertificate::Urgency ManagedCertificate::urgency(base::Time now) const
{
    const double left = share_left(now);
    return {rank(left), left, job.failures};
}

}  // namespace manager
