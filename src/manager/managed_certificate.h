// ManagedCertificate: what the manager knows of one acme_domain line.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "base/secret.h"
#include "base/time.h"
#include "crypto/bundle.h"
#include "manager/attempt.h"
#include "manager/settings.h"
#include "schedule/policy.h"
#include "store/records.h"

namespace manager {

struct ManagedCertificate {
    explicit ManagedCertificate(const CertificateSettings& s) : settings(s) {}

    const CertificateSettings& settings;
    // Of the bundle that is served; none before the first.
    std::optional<schedule::Validity> validity;
    // The bundle is what the configuration asks for: names, key, issuer.
    bool as_configured = false;
    store::Job job;
    std::unique_ptr<Attempt> attempt;
    bool attempt_over = false;  // finished, but not idle yet
    // What is stored could not be read, and was not damaged: look again
    // before ordering anything.
    bool unread = false;
    // Issued and served, but the disk did not take it yet.
    std::optional<base::Secret> unsaved;
    base::Time unsaved_told{};
    base::Time unsaved_until{};  // no earlier than this is it tried again

    void take(const crypto::Chain& chain);

    // The names, in an order that does not depend on the configuration's.
    std::string names_key() const;

    // Whether the job is about these names at that issuer.
    bool is_for_this(const store::Job& stored,
                     const IssuerSettings& issuer) const;

    // Whether `bundle` satisfies these settings at that issuer.
    bool satisfied_by(const crypto::Bundle& bundle,
                      const IssuerSettings& issuer) const;

    // When the next attempt is due, back-off included.
    base::Time due(base::Time now) const;

    bool working() const { return attempt && !attempt_over; }
    bool holds_slot() const { return working() && !attempt->parked(); }

    bool has_failed() const { return job.failures > 0; }

    // Share of the lifetime left, 0 without a certificate.
    double share_left(base::Time now) const;

    // Place in the queue, the smallest first: by rank, share of the lifetime
    // left, failures. What is served and near its end comes first; then what
    // has not failed; of what has, first what is served.
    using Urgency = std::tuple<unsigned, double, unsigned>;
    Urgency urgency(base::Time now) const;
};

}  // namespace manager
