#include <algorithm>
#include <functional>

#include "manager/manager.h"

namespace manager {

bool Manager::is_waiting(const ManagedCertificate& certificate,
                         std::size_t ca, base::Time now) const
{
    return certificate.issuer == ca && !certificate.attempt
        && !certificate.rehearsing()
        && certificate.due(now) <= now && !deployer_->undecided(certificate)
        && !deployer_->objection(certificate);
}

// What is to be begun now: as many as there are slots, the most urgent first.
std::vector<ManagedCertificate*> Manager::due_at(std::size_t ca,
                                                 base::Time now)
{
    std::vector<std::pair<ManagedCertificate::Urgency, ManagedCertificate*>>
        waiting;
    for (auto& certificate : certificates_) {
        if (is_waiting(certificate, ca, now)) {
            waiting.emplace_back(certificate.urgency(now), &certificate);
        }
    }
    // Equal ones in the order of the configuration, that of their addresses. A
    // heap, since of thousands only a few are begun.
    std::make_heap(waiting.begin(), waiting.end(), std::greater());
    auto free = slots(ca);
    std::vector<ManagedCertificate*> due;
    while (!waiting.empty() && due.size() < free.all) {
        std::pop_heap(waiting.begin(), waiting.end(), std::greater());
        auto* certificate = waiting.back().second;
        waiting.pop_back();
        if (certificate->has_failed()) {
            if (free.failed == 0) {
                continue;
            }
            free.failed--;
        }
        due.push_back(certificate);
    }
    return due;
}

// Before then the issuer is not asked for anything new.
base::Time Manager::ready_at(const Ca& ca, base::Time now) const
{
    const auto hold =
        ca.hold_until <= now + kLongestHold ? ca.hold_until : base::Time{};
    return ca.job.not_before
        ? std::max(hold, schedule::sane_not_before(*ca.job.not_before, now))
        : hold;
}

// One that waits for a CA that takes its time holds no slot. Names that have
// failed get half of them: the others find one free. While the CA turns orders
// away, one at a time finds out whether it still does.
Manager::Slots Manager::slots(std::size_t ca) const
{
    const bool turns_away = cas_[ca].turned_away >= kTurnedAway;
    const unsigned limit = turns_away ? 1 : settings_.issuers[ca].max_orders;
    Slots taken;
    unsigned working = 0;
    for (const auto& certificate : certificates_) {
        if (certificate.issuer != ca) {
            continue;
        }
        working += certificate.working();
        if (certificate.holds_slot()) {
            taken.all++;
            taken.failed += certificate.has_failed();
        }
    }
    if (working >= limit * kParkedPerSlot) {
        return {0, 0};
    }
    const auto rest = [](unsigned most, unsigned used) {
        return most > used ? most - used : 0;
    };
    return {rest(limit, taken.all),
            rest(std::max(limit / 2, 1U), taken.failed)};
}

void Manager::serve(std::size_t index, base::Time now)
{
    Ca& ca = cas_[index];
    if (ca.preparing || ready_at(ca, now) > now || due_at(index, now).empty()
        || !storage_ready(now))
    {
        return;
    }
    ca.preparing = true;
    ca.issuer->prepare([this, index](const base::Status& status) {
        on_prepared(index, status);
    });
}

void Manager::on_prepared(std::size_t index, const base::Status& status)
{
    Ca& ca = cas_[index];
    ca.preparing = false;
    if (!status) {
        on_unprepared(index, status.error());
        wake(base::Duration(0), &Manager::tick);
        return;
    }
    if (ca.job.failures > 0) {
        show_later(index);
    }
    clear_job(issuer_job_id(ca.issuer->settings()), ca.job);
    for (auto* certificate : due_at(index, ports_.clock.now())) {
        begin(*certificate);
    }
    const auto working = std::count_if(
        certificates_.begin(), certificates_.end(), [index](const auto& c) {
            return c.issuer == index && c.working();
        });
    ca.issuer->set_parallel(std::min<unsigned>(
        unsigned(working), settings_.issuers[index].max_orders));
}

void Manager::begin(ManagedCertificate& certificate)
{
    if (certificate.unread) {
        load(certificate);
        if (certificate.due(ports_.clock.now()) > ports_.clock.now()) {
            return;
        }
    }
    auto& issuer = *cas_[certificate.issuer].issuer;
    if (certificate.job.order_url.empty()) {
        mark(certificate);
    }
    log(base::LogLevel::info,
        certificate.job.order_url.empty() ? "ordering" : "resuming the order",
        certificate);
    certificate.begun = ports_.clock.now();
    const auto& leaf = certificate.leaf;
    const bool renews =
        leaf && leaf->directory == issuer.settings().directory;
    certificate.attempt = std::make_unique<Attempt>(
        certificate.settings, issuer, certificate.job, ports_,
        renews ? leaf->renewal_id : std::string());
    certificate.attempt->start(
        [this, &certificate](Attempt::Outcome o) {
            on_outcome(certificate, std::move(o));
        },
        // Its slot is free.
        [this] { wake(base::Duration(0), &Manager::tick); });
    show(certificate);
}

}  // namespace manager
