#include "challenge/dns_01.h"

#include <algorithm>
#include <utility>

#include "base/base64url.h"
#include "challenge/account_label.h"
#include "challenge/own_zone.h"
#include "crypto/digest.h"

namespace challenge {

namespace {

using namespace std::chrono_literals;

// From the record's being written to all name servers' having it.
constexpr base::Duration kPropagation = 5min;

// For the other one of two, which may not come: the CA may know it already.
constexpr base::Duration kPatience = 5s;

std::string digest_of(const std::string& key_authorization)
{
    return base::base64url_encode(crypto::sha256(key_authorization));
}

// Said until the operator has set the record, which is done once.
base::Error missing_record(const std::string& name, const std::string& target,
                           const std::string& end)
{
    return {base::ErrorKind::protocol,
            "the DNS record \"" + name + ". CNAME " + target
                + ".\" is missing ("
                + (end == name ? "there is no CNAME" : "it leads to " + end)
                + ")"};
}

}  // namespace

std::string dns_01_name(const Proof& proof)
{
    return "_acme-challenge." + domain_of(proof.identifier);
}

std::string dns_account_01_name(const Proof& proof)
{
    return account_label(proof.accounts.front()) + "." + dns_01_name(proof);
}

void Dns01::present(const Proof& proof, Presented presented)
{
    begin(proof, std::move(presented), false);
}

void Dns01::preflight(const Proof& proof, Presented done)
{
    begin(proof, std::move(done), true);
}

void Dns01::begin(const Proof& proof, Presented presented, bool preflight)
{
    const auto provider = providers_.find(proof.dns);
    if (provider == providers_.end()) {
        presented(base::Error{base::ErrorKind::config,
                              "nothing here can write its DNS record: \"dns=\" "
                              "with an \"acme_dns\", or an "
                              "\"acme_dns_zone\", is needed"});
        return;
    }
    const auto number = ++last_;
    claims_.emplace(
        number,
        Claim{number,
              proof,
              std::move(presented),
              *provider->second,
              {"", digest_of(proof.key_authorization)},
              preflight,
              std::make_unique<dns::Propagation>(make_resolver_(), timers_,
                                                 clock_)});
    provider->second->place(domain_of(proof.identifier),
                            [this, number](base::Result<std::string> place) {
                                on_placed(number, std::move(place));
                            });
}

void Dns01::on_placed(Number number, base::Result<std::string> place)
{
    auto* claim = find(number);
    if (claim == nullptr) {
        return;
    }
    if (!place) {
        report(number, place.error());
        return;
    }
    claim->place = std::move(*place);
    const auto name = dns::Name::from_text(record_name_(claim->proof));
    if (!name) {
        report(number, name.error());
        return;
    }
    claim->propagation->follow(*name, [this, number](const auto& end) {
        on_followed(number, end);
    });
}

void Dns01::on_followed(Number number, const base::Result<dns::Name>& end)
{
    auto* claim = find(number);
    if (claim == nullptr) {
        return;
    }
    auto status = check_end(*claim, end);
    if (!status || claim->preflight) {
        report(number, std::move(status));
        return;
    }
    claim->record.name = end->key();
    claim->provider.add(claim->record, [this, number](auto status) {
        on_written(number, std::move(status));
    });
}

base::Status Dns01::check_end(const Claim& claim,
                              const base::Result<dns::Name>& end) const
{
    if (!end) {
        return base::Error(end.error()).in("looking for the DNS record");
    }
    if (!claim.place.empty() && end->key() != claim.place) {
        return missing_record(record_name_(claim.proof), claim.place,
                              end->key());
    }
    return claim.provider.check_zone(claim.propagation->zone());
}

void Dns01::on_written(Number number, base::Status status)
{
    auto* claim = find(number);
    if (claim == nullptr) {
        return;
    }
    if (!status) {
        report(number, std::move(status).error_in("writing the DNS record "
                                                  + claim->record.name));
        return;
    }
    const auto has_it = [value = claim->record.value](const auto& values) {
        return std::ranges::find(values, value) != values.end();
    };
    claim->propagation->wait_for(
        has_it, kPropagation, [this, number](base::Status there) {
            if (there) {
                on_there(number);
            } else {
                report(number, std::move(there).error_in(
                                   "waiting for the DNS record"));
            }
        });
}

// A name and its wildcard have a value each at one name. The CA may keep what
// it sees at the first look for as long as the record lives: so both are there
// before the first one is told.
void Dns01::on_there(Number number)
{
    auto& claim = *find(number);
    claim.there = true;
    if (!claim.proof.is_one_of_two) {
        report(number, base::ok());
        return;
    }
    claim.patience = timers_.after(kPatience, [this, number] {
        report(number, base::ok());
    });
    if (auto* other = other_of_two(claim); other && other->there) {
        // Not from here: the one may take the other away.
        const auto second = other->number;
        other->patience = timers_.after(base::Duration(0), [this, second] {
            report(second, base::ok());
        });
        claim.patience = timers_.after(base::Duration(0), [this, number] {
            report(number, base::ok());
        });
    }
}

Dns01::Claim* Dns01::other_of_two(const Claim& claim)
{
    for (auto& [number, other] : claims_) {
        if (number != claim.number && other.record.name == claim.record.name
            && domain_of(other.proof.identifier)
                == domain_of(claim.proof.identifier))
        {
            return &other;
        }
    }
    return nullptr;
}

void Dns01::report(Number number, base::Status status)
{
    auto* claim = find(number);
    if (claim == nullptr) {
        return;
    }
    auto presented = std::exchange(claim->presented, nullptr);
    if (claim->preflight) {
        bury(std::move(claim->propagation));
        claims_.erase(number);
    }
    if (presented) {
        presented(std::move(status));
    }
}

void Dns01::clean_up(const Proof& proof)
{
    const auto found = std::ranges::find_if(claims_, [&](const auto& entry) {
        const auto& other = entry.second.proof;
        return other.token == proof.token
            && other.identifier == proof.identifier;
    });
    if (found == claims_.end()) {
        return;
    }
    auto claim = std::move(found->second);
    claims_.erase(found);
    bury(std::move(claim.propagation));
    if (!claim.record.name.empty()) {
        // What stays behind is harmless: it proves nothing any more.
        claim.provider.remove(claim.record, [](const base::Status&) {});
    }
    if (claim.presented) {
        claim.presented(
            base::Error{base::ErrorKind::internal, "it was given up"});
    }
}

Dns01::Claim* Dns01::find(Number number)
{
    const auto found = claims_.find(number);
    return found == claims_.end() ? nullptr : &found->second;
}

void Dns01::bury(std::unique_ptr<dns::Propagation> propagation)
{
    buried_.push_back(std::move(propagation));
    burial_ = timers_.after(base::Duration(0), [this] { buried_.clear(); });
}

}  // namespace challenge
