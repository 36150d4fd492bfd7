// ManagedCertificate: what the manager knows of one acme_domain line.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/secret.h"
#include "base/time.h"
#include "crypto/bundle.h"
#include "manager/attempt.h"
#include "manager/rehearsal.h"
#include "manager/settings.h"
#include "schedule/policy.h"
#include "status/detail.h"
#include "store/history.h"
#include "store/records.h"

namespace manager {

// What is shown of the certificate that is served.
struct Leaf {
    Leaf(const crypto::Chain& chain, std::string directory);

    std::string directory;  // of the CA it came from; empty: nobody knows
    std::string ocsp_url;    // empty: its CA runs no OCSP
    std::string renewal_id;  // how it is called there (RFC 9773)
    std::string serial;
    std::string fingerprint;
    std::vector<std::string> issuers;  // common names, from the leaf's on
};

struct ManagedCertificate {
    explicit ManagedCertificate(const CertificateSettings& s)
        : settings(s), issuer(s.issuers.front())
    {}

    const CertificateSettings& settings;
    // The one that is asked: the one that issued what is served, unless that
    // has failed for too long.
    std::size_t issuer;
    // Of the bundle that is served; none before the first.
    std::optional<schedule::Validity> validity;
    std::optional<Leaf> leaf;  // likewise
    // The bundle is what the configuration asks for: names, key, issuer.
    bool as_configured = false;
    // What its CA has suggested; what is about another one is passed over.
    std::optional<store::Renewal> renewal;
    store::Job job;
    std::unique_ptr<Attempt> attempt;
    bool attempt_over = false;  // finished, but not idle yet
    base::Time begun{};         // the attempt
    // What is stored could not be read, and was not damaged: look again
    // before ordering anything.
    bool unread = false;
    // Served, but the disk did not take it yet.
    std::optional<base::Secret> unsaved;
    bool unsaved_ends_job = false;  // it is what the job's order was for
    base::Time unsaved_told{};
    base::Time unsaved_until{};  // no earlier than this is it tried again

    // The one before, see store::Job::revocation.
    bool revoking = false;
    base::Time revoke_at{};  // no earlier than this

    std::unique_ptr<Rehearsal> rehearsal;
    bool preparing_rehearsal = false;
    bool rehearsal_over = false;  // as attempt_over
    std::optional<status::Remark> rehearsed;  // what came of the last one
    bool rehearsed_well = false;
    // The latest events; all of them are in the store.
    store::History recent;
    // What the latest look from outside has found.
    std::optional<status::Remark> warning;
    bool stale = false;  // what is shown of it

    // `directory`: that of the CA it came from; empty when nobody knows.
    void take(const crypto::Chain& chain, const std::string& directory);

    // What its CA has suggested about the one that is served.
    const store::Renewal::Suggestion* suggestion() const;

    // When the one that is served is to be renewed.
    base::Time renewal_time() const;

    // The names, in an order that does not depend on the configuration's.
    std::string names_key() const;

    // How a certificate for them is asked for at its present issuer.
    std::string settings_key(const Settings& all) const;

    // Which of its issuers has that directory.
    std::optional<std::size_t> issuer_at(const std::string& directory,
                                         const Settings& all) const;

    // The issuer after this one.
    void turn_to_next_issuer();

    // Whether `bundle` satisfies these settings.
    bool satisfied_by(const crypto::Bundle& bundle, const Settings& all) const;

    // Orders bundles by how good they are to serve: valid for these names, as
    // the settings want it, the later issued.
    using Worth = std::tuple<bool, bool, bool, base::Time>;
    Worth worth(const crypto::Bundle& bundle, const Settings& all,
                base::Time now) const;

    // When the next attempt is due, back-off included.
    base::Time due(base::Time now) const;

    bool working() const { return attempt && !attempt_over; }
    bool holds_slot() const { return working() && !attempt->parked(); }

    bool rehearsing() const { return rehearsal || preparing_rehearsal; }

    bool has_failed() const { return job.failures > 0; }

    // Since then it is near its end: in the past without a certificate.
    base::Time urgent_at() const;

    // Share of the lifetime left, 0 without a certificate.
    double share_left(base::Time now) const;

    // Place in the queue, the smallest first: by rank, share of the lifetime
    // left, failures.
    enum class Rank { near_its_end, never_failed, failed, failed_and_unserved };
    using Urgency = std::tuple<Rank, double, unsigned>;
    Urgency urgency(base::Time now) const;

private:
    Rank rank(double left) const;
};

}  // namespace manager
