// Revocation (RFC 8555, section 7.6).
#include "acme/codec.h"
#include "acme/problem.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "manager/manager.h"

namespace manager {

namespace {

// RFC 5280, section 5.3.1.
constexpr int kKeyCompromise = 1;

constexpr base::Duration kRevokePause = std::chrono::hours(1);

// Of the certificate that is served.
base::Result<store::Revocation> revocation_of(const base::Secret& text,
                                              int reason)
{
    auto bundle = crypto::parse_bundle(text.reveal());
    if (!bundle) {
        return bundle.error();
    }
    auto der = crypto::to_der(bundle->chain.front());
    if (!der) {
        return der.error();
    }
    return store::Revocation{std::move(*der), reason, bundle->issuer};
}

// RFC 8555 has it answered with alreadyRevoked when a lost answer is asked for
// again.
base::Status judge(const base::Result<http::Response>& response,
                   base::Time now)
{
    if (!response) {
        return response.error();
    }
    const auto problem = acme::problem_of(*response);
    if (response->success()
        || (problem && acme::is(*problem, "alreadyRevoked")))
    {
        return base::ok();
    }
    return acme::error_of(*response, now);
}

}  // namespace

void Manager::revoke(ManagedCertificate& certificate, const Command& command)
{
    begun(command);
    const auto current = ports_.sink.current(certificate.settings.id);
    if (!current) {
        end(command);
        return;
    }
    auto revocation = revocation_of(*current, command.reason);
    if (!revocation) {
        on_revoked(certificate, command, revocation.error());
        return;
    }
    if (command.reason == kKeyCompromise) {
        replace_compromised(certificate, std::move(*revocation));
        end(command);
        return;
    }
    send_revocation(certificate, *revocation,
                    [this, &certificate, command](const base::Status& status) {
                        on_revoked(certificate, command, status);
                    });
}

// By the account that it was issued to.
void Manager::send_revocation(const ManagedCertificate& certificate,
                              const store::Revocation& revocation,
                              std::function<void(base::Status)> done)
{
    const auto& directory = revocation.directory;
    const auto at = certificate.issuer_at(directory, settings_);
    if (!directory.empty() && !at) {
        done(base::Error{base::ErrorKind::refused,
                         "it was issued by " + directory
                             + ", which is not its issuer any more"});
        return;
    }
    auto& issuer = *cas_[at.value_or(certificate.issuer)].issuer;
    const auto payload = acme::encode_revocation(revocation.certificate,
                                                 revocation.reason);
    issuer.prepare([this, &issuer, payload,
                    done = std::move(done)](const base::Status& status) {
        const auto& url = status ? issuer.directory().revoke_cert
                                 : std::string();
        if (url.empty()) {
            done(!status ? status.error()
                         : base::Error{base::ErrorKind::refused,
                                       "the CA offers no revocation"});
            return;
        }
        issuer.post({url, payload, ""}, [this, done](const auto& response) {
            done(judge(response, ports_.clock.now()));
        });
    });
}

// It is served until there is another one, which is ordered at once.
void Manager::on_revoked(ManagedCertificate& certificate,
                         const Command& command, const base::Status& status)
{
    end(command);
    if (!status) {
        log(base::LogLevel::error,
            "revoking the certificate: " + status.error().message
                + "; it is not revoked, ask again",
            certificate);
        note(certificate, "revocation failed", status.error().message);
        return;
    }
    log(base::LogLevel::warn,
        "the certificate was revoked, as was asked for; another one is "
        "ordered now",
        certificate);
    auto& job = certificate.job;
    job.renew = true;
    job.not_before.reset();
    save_for_this(certificate);
    note(certificate, "revoked",
         certificate.leaf ? "serial " + certificate.leaf->serial : "");
    deployer_->tell(certificate, deploy::Event::revoked);
    wake(base::Duration(0), &Manager::tick);
}

// Not by us: as if the CA suggested to renew it now. One that revokes each new
// certificate must not cause one order after the other.
void Manager::on_found_revoked(ManagedCertificate& certificate)
{
    auto& job = certificate.job;
    if (job.renew) {
        return;
    }
    const auto now = ports_.clock.now();
    const auto at = schedule::renewal_time(*certificate.validity, now);
    job.renew = true;
    job.not_before = std::max(job.not_before.value_or(now), at);
    save_for_this(certificate);
    log(base::LogLevel::error,
        "the CA has revoked the certificate, as its OCSP responder says; "
        "another one is ordered at "
            + base::format_time(*job.not_before),
        certificate);
    note(certificate, "found revoked", "as the CA's OCSP responder says");
    deployer_->tell(certificate, deploy::Event::revoked);
    wake(base::Duration(0), &Manager::tick);
}

// --- of a compromised key --------------------------------------------------

// Until it is replaced, it is better than none.
void Manager::replace_compromised(ManagedCertificate& certificate,
                                  store::Revocation revocation)
{
    auto& job = certificate.job;
    job.revocation = std::move(revocation);
    job.renew = true;
    job.new_key = true;
    job.not_before.reset();
    if (!certificate.working()) {
        // It may be of the same key.
        job.order_url.clear();
        job.key_pem.clear();
    }
    save_for_this(certificate);
    log(base::LogLevel::warn,
        "its key is compromised, as was said: another one is ordered now, and "
        "it is revoked when that one is served",
        certificate);
    note(certificate, "command",
         "asked to revoke, for its key is compromised, once it is replaced");
    wake(base::Duration(0), &Manager::tick);
}

void Manager::revoke_former(ManagedCertificate& certificate, base::Time now)
{
    const auto& revocation = certificate.job.revocation;
    if (!revocation || certificate.revoking || !certificate.leaf
        || now < certificate.revoke_at
        || certificate.leaf->fingerprint
            == crypto::to_hex(crypto::sha256(revocation->certificate)))
    {
        return;
    }
    certificate.revoking = true;
    send_revocation(certificate, *revocation,
                    [this, &certificate](const base::Status& status) {
                        certificate.revoking = false;
                        on_former_revoked(certificate, status);
                    });
}

void Manager::on_former_revoked(ManagedCertificate& certificate,
                                const base::Status& status)
{
    const bool over =
        status || status.error().kind == base::ErrorKind::refused;
    const auto next = ports_.clock.now() + kRevokePause;
    certificate.revoke_at = next;
    if (!status) {
        log(base::LogLevel::error,
            "revoking the certificate before: " + status.error().message
                + (over ? "; it is not revoked, ask the CA"
                        : "; trying again at " + base::format_time(next)),
            certificate);
        note(certificate, "revocation failed", status.error().message);
    } else {
        log(base::LogLevel::notice,
            "the certificate before was revoked, for its key is compromised",
            certificate);
        note(certificate, "revoked", "the one before");
    }
    if (over) {
        certificate.job.revocation.reset();
        save_for_this(certificate);
    }
}

}  // namespace manager
