#include "manager/manager.h"

namespace manager {

namespace {

// A crash between storing the bundle and removing the job: resuming that
// order at the next renewal would fetch the same certificate once more.
bool is_result_of(const store::Job& job, const crypto::Bundle& bundle)
{
    if (job.order_url.empty()) {
        return false;
    }
    auto key = crypto::PrivateKey::from_pem(job.key_pem.reveal());
    return key && bundle.chain.front().belongs_to(*key);
}

}  // namespace

void Manager::load_bundle(ManagedCertificate& certificate)
{
    auto found = find_bundle(ports_.store, index_, certificate.settings);
    if (!found) {
        log(base::LogLevel::error, found.error().message, certificate);
        // What was damaged is in quarantine now; what is only unreadable
        // still is, and must not be replaced behind the operator's back.
        found = find_bundle(ports_.store, index_, certificate.settings);
    }
    if (!found) {
        certificate.unread = true;
        return;
    }
    if (*found) {
        adopt(certificate, **found);
    }
    if (!certificate.validity) {
        keep_unstored(certificate);
    }
}

void Manager::adopt(ManagedCertificate& certificate, const FoundBundle& found)
{
    const auto& id = certificate.settings.id;
    auto bundle = crypto::parse_bundle(found.text.reveal());
    if (!bundle) {
        // One that cannot be moved away would be found again for ever.
        const bool moved = found.own && ports_.store.quarantine_bundle(id);
        log(base::LogLevel::error,
            "certificates/" + id + ".pem cannot be used"
                + std::string(moved ? " and was moved to quarantine: " : ": ")
                + bundle.error().message,
            certificate);
        if (moved) {
            load_bundle(certificate);
        }
        return;
    }
    if (found.own && adopt_better(certificate, *bundle)) {
        return;
    }
    const auto& settings = certificate.settings;
    if (!found.own && settings.pair_of
        && bundle->key.type() != settings.key.type)
    {
        return;  // the other one of the pair
    }
    if (keep_current(certificate, found, *bundle)) {
        return;
    }
    take(certificate, *bundle);
    if (is_result_of(certificate.job, *bundle)) {
        end_job(certificate);
    }
    // The master has put into the zone what was stored when it started; a
    // helper that ended since may have stored a newer one.
    if (auto published = ports_.sink.publish(id, found.text); !published) {
        log(base::LogLevel::crit, published.error().message, certificate);
    }
    if (!found.own && certificate.as_configured) {
        // The same names in another order, or a renamed certificate.
        certificate.unsaved = found.text;
    }
}

void Manager::take(ManagedCertificate& certificate,
                   const crypto::Bundle& bundle)
{
    certificate.take(bundle.chain, bundle.issuer);
    certificate.as_configured = certificate.satisfied_by(bundle, settings_);
    const auto from = certificate.issuer_at(bundle.issuer, settings_);
    if (from && certificate.job.directory.empty()) {
        certificate.issuer = *from;
    }
}

// What is served may be better than what is stored: the disk was full, or the
// helper before this one died before it had stored it, or somebody put an
// older one there.
bool Manager::keep_current(ManagedCertificate& certificate,
                           const FoundBundle& found,
                           const crypto::Bundle& stored)
{
    auto text = ports_.sink.current(certificate.settings.id);
    if (!text || text->reveal() == found.text.reveal()) {
        return false;
    }
    const auto current = crypto::parse_bundle(text->reveal());
    const auto now = ports_.clock.now();
    if (!current
        || certificate.worth(*current, settings_, now)
            <= certificate.worth(stored, settings_, now))
    {
        return false;
    }
    log(base::LogLevel::notice,
        "the certificate stored is older or of other names than the one "
        "served, which is going to be stored",
        certificate);
    keep(certificate, std::move(*text), *current);
    return true;
}

// Nothing that could be used is on disk, but there is one that is served.
void Manager::keep_unstored(ManagedCertificate& certificate)
{
    auto text = ports_.sink.current(certificate.settings.id);
    if (!text) {
        return;
    }
    const auto current = crypto::parse_bundle(text->reveal());
    if (!current) {
        return;
    }
    log(base::LogLevel::notice,
        "no certificate is stored, the one served is going to be",
        certificate);
    keep(certificate, std::move(*text), *current);
}

void Manager::keep(ManagedCertificate& certificate, base::Secret text,
                   const crypto::Bundle& bundle)
{
    take(certificate, bundle);
    certificate.unsaved = std::move(text);
    certificate.unsaved_ends_job = is_result_of(certificate.job, bundle);
}

// Its own bundle may be of fewer names than another one that is stored: ids
// depend on the order of names and lines in the configuration.
bool Manager::adopt_better(ManagedCertificate& certificate,
                           const crypto::Bundle& own)
{
    const auto& names = certificate.settings.names;
    if (crypto::covers(own.chain.front(), names)) {
        return false;
    }
    const auto other = index_.best_for(names);
    if (!other || *other == certificate.settings.id) {
        return false;
    }
    auto text = ports_.store.load_bundle(*other);
    if (!text || !*text) {
        return false;
    }
    adopt(certificate, FoundBundle{std::move(**text), false});
    return certificate.validity.has_value();
}

}  // namespace manager
