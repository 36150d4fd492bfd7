#include "challenge/dns_persist_01.h"

#include <utility>

#include "base/text.h"
#include "challenge/own_zone.h"

namespace challenge {

namespace {

using namespace std::chrono_literals;

// A certificate of any CA is renewed more often than this.
constexpr base::Duration kSoon = 60 * 24h;

// Said until the operator has set it, which is done once.
base::Error missing_record(const std::string& name, const PersistTerms& terms,
                           const base::Error& why)
{
    return {why.kind, "the DNS record " + name + ". TXT \""
                          + base::printable(persist_record(terms))
                          + "\" is missing (" + why.message + ")"};
}

}  // namespace

void DnsPersist01::present(const Proof& proof, Presented presented)
{
    const auto text = "_validation-persist." + domain_of(proof.identifier);
    const auto name = dns::Name::from_text(text);
    if (!name) {
        presented(name.error());
        return;
    }
    const auto number = ++last_;
    // One record is for a name and its wildcard.
    const bool wildcard = proof.identifier.wildcard() || proof.is_one_of_two;
    looks_.emplace(
        number,
        Look{text,
             {proof.issuers, proof.accounts, wildcard},
             std::move(presented),
             std::make_unique<dns::Propagation>(make_resolver_(), timers_,
                                                clock_)});
    looks_.at(number).propagation->follow(*name, [this, number](auto end) {
        on_followed(number, std::move(end));
    });
}

void DnsPersist01::on_followed(Number number, base::Result<dns::Name> end)
{
    if (!end) {
        report(number, std::move(end).error_in("looking for the DNS record"));
        return;
    }
    looks_.at(number).propagation->wait_for(
        [this, number](const auto& values) {
            auto& look = looks_.at(number);
            look.judgement =
                judge_persist_records(values, look.terms, clock_.now());
            return bool(look.judgement);
        },
        base::Duration(0),
        [this, number](const base::Status& status) {
            on_looked(number, status);
        });
}

void DnsPersist01::on_looked(Number number, const base::Status& status)
{
    const auto& look = looks_.at(number);
    if (!look.judgement) {
        report(number, missing_record(look.name, look.terms,
                                      look.judgement.error()));
        return;
    }
    if (status) {
        warn_of_end(look);
    }
    report(number, status);
}

void DnsPersist01::warn_of_end(const Look& look)
{
    const auto& until = *look.judgement;
    if (until && *until < clock_.now() + kSoon) {
        log_.write(base::LogLevel::warn,
                   "the DNS record " + look.name + ". ends at "
                       + base::format_time(*until)
                       + " (persistUntil): set it anew before that");
    }
}

void DnsPersist01::report(Number number, base::Status status)
{
    auto look = std::move(looks_.extract(number).mapped());
    buried_.push_back(std::move(look.propagation));
    burial_ = timers_.after(base::Duration(0), [this] { buried_.clear(); });
    look.presented(std::move(status));
}

// There is nothing to take away.
void DnsPersist01::clean_up(const Proof&) {}

}  // namespace challenge
