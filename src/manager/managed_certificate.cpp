#include "manager/managed_certificate.h"

#include <algorithm>

namespace manager {

namespace {

// Half of the time that a renewal has is gone.
constexpr double kUrgent = 1.0 / 6;

}  // namespace

Leaf::Leaf(const crypto::Chain& chain)
    : serial(chain.front().serial()), fingerprint(chain.front().fingerprint())
{
    for (const auto& certificate : chain) {
        issuers.push_back(certificate.issuer());
    }
}

void ManagedCertificate::take(const crypto::Chain& chain)
{
    const auto& leaf = chain.front();
    validity = schedule::Validity{leaf.not_before(), leaf.not_after()};
    this->leaf.emplace(chain);
}

std::string ManagedCertificate::names_key() const
{
    auto names = settings.names;
    std::sort(names.begin(), names.end());
    return base::join(names);
}

bool ManagedCertificate::is_for_this(const store::Job& stored,
                                     const IssuerSettings& issuer) const
{
    return stored.directory == issuer.directory
        && stored.names == names_key();
}

bool ManagedCertificate::satisfied_by(const crypto::Bundle& bundle,
                                      const IssuerSettings& issuer) const
{
    // A bundle that does not say where it came from was put there by hand.
    const bool same_issuer =
        bundle.issuer.empty() || bundle.issuer == issuer.directory;
    return same_issuer && bundle.key.type() == settings.key_type
        && crypto::covers_exactly(bundle.chain.front(), settings.names);
}

ManagedCertificate::Worth ManagedCertificate::worth(
    const crypto::Bundle& bundle, const IssuerSettings& issuer,
    base::Time now) const
{
    const auto& leaf = bundle.chain.front();
    const bool covers = crypto::covers(leaf, settings.names);
    return {covers && now < leaf.not_after(), satisfied_by(bundle, issuer),
            covers, leaf.not_before()};
}

base::Time ManagedCertificate::due(base::Time now) const
{
    const base::Time wanted = validity && as_configured && !job.renew
        ? schedule::renewal_time(*validity)
        : now;
    if (!job.not_before) {
        return wanted;
    }
    return std::max(wanted, schedule::sane_not_before(*job.not_before, now));
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
