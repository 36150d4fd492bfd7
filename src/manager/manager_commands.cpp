#include <algorithm>

#include "base/text.h"
#include "manager/manager.h"

namespace manager {

namespace {

// At a CA's staging twin, too, no more than a few orders at a time.
constexpr unsigned kRehearsals = 4;

}  // namespace

void Manager::take_commands()
{
    const auto generation = ports_.commands.generation();
    if (!ticking_ || (generation == commands_seen_ && commands_.empty())) {
        return;
    }
    if (std::exchange(commands_seen_, generation) != generation) {
        for (auto& command : ports_.commands.all()) {
            const auto known =
                std::ranges::find(commands_, command, &Pending::command);
            if (known == commands_.end()) {
                commands_.push_back({std::move(command)});
            }
        }
    }
    // What is done at once ends, and is taken off the list, meanwhile.
    auto pending = commands_;
    for (const auto& [command, begun] : pending) {
        if (!begun) {
            obey(command);
        }
    }
}

void Manager::obey(const Command& command)
{
    const auto found = std::ranges::find_if(
        certificates_,
        [&command](const auto& c) { return c.settings.id == command.id; });
    if (found == certificates_.end()) {
        end(command);
        return;
    }
    switch (command.action) {
    case Action::renew:
        renew_now(*found);
        end(command);
        break;
    case Action::retry:
        forgive(*found);
        end(command);
        break;
    case Action::rehearse:
        rehearse(*found, command);
        break;
    case Action::revoke:
        revoke(*found, command);
        break;
    }
}

void Manager::begun(const Command& command)
{
    const auto found =
        std::ranges::find(commands_, command, &Pending::command);
    if (found != commands_.end()) {
        found->begun = true;
    }
}

void Manager::end(const Command& command)
{
    std::erase_if(commands_, [&command](const Pending& pending) {
        return pending.command == command;
    });
    ports_.commands.remove(command);
}

// What holds the next attempt back goes on doing so: that is for retry.
void Manager::renew_now(ManagedCertificate& certificate)
{
    if (certificate.working()) {
        note(certificate, "command", "asked to renew, which is under way");
        return;
    }
    certificate.job.renew = true;
    save_for_this(certificate);
    const auto due = certificate.due(ports_.clock.now());
    note(certificate, "command",
         due > ports_.clock.now()
             ? "asked to renew, not before " + base::format_time(due)
             : std::string("asked to renew"));
    wake(base::Duration(0), &Manager::tick);
}

void Manager::forgive(ManagedCertificate& certificate)
{
    auto& job = certificate.job;
    job.failures = 0;
    job.not_before.reset();
    job.last_error.clear();
    job.last_error_at.reset();
    job.last_problem.reset();
    save_for_this(certificate);
    const auto index = certificate.issuer;
    Ca& ca = cas_[index];
    ca.turned_away = 0;
    ca.hold_until = {};
    if (ca.job.failures > 0) {
        clear_job(issuer_job_id(ca.issuer->settings()), ca.job);
        show_later(index);
    }
    deployer_->forgive(certificate);
    note(certificate, "command", "asked to retry");
    wake(base::Duration(0), &Manager::tick);
}

// --- rehearsal -------------------------------------------------------------

// Never beside the real attempt: both would answer at the same place.
void Manager::rehearse(ManagedCertificate& certificate, const Command& command)
{
    const auto under_way = std::ranges::count_if(
        certificates_, [](const auto& c) { return c.rehearsing(); });
    const auto twin = 
        settings_.issuers[certificate.settings.issuers.front()].rehearsal;
    if (!twin) {
        end(command);
        return;
    }
    if (certificate.attempt || certificate.rehearsing()
        || under_way >= kRehearsals)
    {
        return;
    }
    begun(command);
    auto& issuer = *cas_[*twin].issuer;
    certificate.preparing_rehearsal = true;
    issuer.prepare([this, &certificate, &issuer,
                    command](const base::Status& status) {
        certificate.preparing_rehearsal = false;
        if (!status) {
            on_rehearsed(certificate, command, issuer, status.error());
            return;
        }
        certificate.rehearsal = std::make_unique<Rehearsal>(
            certificate.settings, issuer, ports_, certificate.job.challenge);
        certificate.rehearsal->start(
            [this, &certificate, &issuer,
             command](const Attempt::Outcome& outcome) {
                certificate.rehearsal_over = true;
                on_rehearsed(certificate, command, issuer, outcome.result);
            });
    });
}

void Manager::on_rehearsed(ManagedCertificate& certificate,
                           const Command& command, const Issuer& issuer,
                           const base::Result<Attempt::Issued>& result)
{
    const auto& name = issuer.settings().name;
    status::Remark remark{ports_.clock.now(), {}, {}};
    if (result) {
        remark.text = "passed at issuer \"" + name
            + "\": a certificate was issued and thrown away";
        log(base::LogLevel::notice, "rehearsal " + remark.text, certificate);
    } else {
        const auto& error = result.error();
        remark.text = error.message;
        if (error.problem) {
            remark.problem = *error.problem;
        }
        log(base::LogLevel::warn,
            "rehearsal at issuer \"" + name + "\" failed: " + error.message
                + "; nothing has changed",
            certificate);
    }
    certificate.rehearsed = remark;
    certificate.rehearsed_well = bool(result);
    note(certificate, result ? "rehearsed" : "rehearsal failed", remark.text);
    end(command);
    wake(base::Duration(0), &Manager::tick);
}

}  // namespace manager
