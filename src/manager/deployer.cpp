#include "manager/deployer.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "store/layout.h"

namespace manager {

namespace {

using namespace std::chrono_literals;
using deploy::Event;

// The event loop gets its turn between two slices.
constexpr unsigned kSlice = 8;

constexpr base::Duration kLongestSleep = 1h;
constexpr base::Duration kLongestPause = 1h;
constexpr base::Duration kTold = 1h;

// What repeats is told of so often.
constexpr base::Duration kFailedTold = 1h;
constexpr base::Duration kExpiringTold = 24h;

constexpr base::Duration kExamined = 1h;

// 1, 2, 4 ... minutes, then hourly.
base::Duration pause_after(unsigned failures)
{
    return std::min<base::Duration>(
        1min * (1U << (std::clamp(failures, 1U, 7U) - 1)), kLongestPause);
}

// A moment from a record is up to a second late: further ahead it is from before
// the clock was set back.
bool is_over(base::Time begun, base::Duration pause, base::Time now)
{
    return now >= begun + pause || now + 1s < begun;
}

// Further away than any pause it is from before the clock was set back.
base::Time not_before(const store::Deployment& record, base::Time now)
{
    const auto at = record.not_before.value_or(base::Time{});
    return at <= now + 24h ? at : base::Time{};
}

}  // namespace

Deployer::Deployer(std::vector<ManagedCertificate>& certificates,
                   const Settings& settings, Ports& ports, News news,
                   std::function<void()> on_examined)
    : certificates_(certificates),
      settings_(settings),
      ports_(ports),
      news_(std::move(news)),
      on_examined_(std::move(on_examined)),
      slots_(certificates.size()),
      busy_(settings.deploy.size())
{
    for (std::size_t i = 0; i < certificates.size(); i++) {
        for (const auto target : certificates[i].settings.deploy) {
            slots_[i].push_back({target});
        }
    }
}

std::size_t Deployer::index_of(const ManagedCertificate& certificate) const
{
    return std::size_t(&certificate - certificates_.data());
}

deploy::Target& Deployer::target(const Slot& slot) const
{
    return *ports_.targets[slot.target];
}

const std::string& Deployer::name_of(const Slot& slot) const
{
    return settings_.deploy[slot.target].name;
}

void Deployer::log(base::LogLevel level, std::size_t index, const Slot& slot,
                   const std::string& what)
{
    ports_.log.write(level, what + ", certificate \""
                                + certificates_[index].settings.id
                                + "\", deploy \"" + name_of(slot) + "\"");
}

void Deployer::load(ManagedCertificate& certificate)
{
    const auto index = index_of(certificate);
    for (auto& slot : slots_[index]) {
        auto stored = ports_.store.load_deployment(certificate.settings.id,
                                                   name_of(slot));
        if (!stored) {
            log(base::LogLevel::error, index, slot,
                stored.error().message + "; it is deployed again");
            continue;
        }
        slot.record = std::move(*stored).value_or(store::Deployment{});
        slot.lost = !slot.record.certificate.empty()
            && !target(slot).has(certificate.settings.id,
                                 slot.record.certificate);
    }
}

void Deployer::start()
{
    timer_ = ports_.timers.after(base::Duration(0), [this] { step(); });
}

void Deployer::step()
{
    // Whatever happens below, even for want of memory, it goes on.
    timer_ = ports_.timers.after(kLongestSleep, [this] { step(); });
    const auto now = ports_.clock.now();
    auto next = now + kLongestSleep;
    unsigned begun = 0;
    for (std::size_t i = 0; i < slots_.size(); i++) {
        if (slots_[i].empty()) {
            continue;
        }
        remind(i, now, next);
        while (deliver_one(i, now, next)) {
            begun++;
        }
        if (begun >= kSlice) {
            return start();
        }
    }
    timer_ = ports_.timers.after(next - now, [this] { step(); });
}

// Whether there was one. What must wait for a time only gives that.
bool Deployer::deliver_one(std::size_t index, base::Time now, base::Time& next)
{
    for (auto& slot : slots_[index]) {
        const auto event = pending(index, slot);
        if (!event || slot.busy || busy_[slot.target]
            || (deploy::brings_certificate(*event)
                && waits_for_files(index, slot)))
        {
            continue;
        }
        const auto at = not_before(slot.record, now);
        if (at > now) {
            next = std::min(next, at);
            continue;
        }
        begin(index, slot, *event);
        return true;
    }
    return false;
}

std::optional<Event> Deployer::pending(std::size_t index,
                                       const Slot& slot) const
{
    const auto& leaf = certificates_[index].leaf;
    const auto& record = slot.record;
    const bool first = record.certificate.empty();
    const auto event = first ? Event::issued : Event::renewed;
    // A program is told of a file, so it has to be there.
    if (leaf && !certificates_[index].unsaved
        && (leaf->fingerprint != record.certificate || slot.lost)
        && target(slot).wants(event))
    {
        return event;
    }
    return record.events.empty() ? std::nullopt
                                 : deploy::parse_event(record.events.front());
}

// A program that reads files is to find the new ones.
bool Deployer::waits_for_files(std::size_t index, const Slot& slot) const
{
    for (const auto& other : slots_[index]) {
        if (&other == &slot) {
            break;
        }
        if (!target(other).directory_of(certificates_[index].settings.id)
                 .empty()
            && pending(index, other))
        {
            return true;
        }
    }
    return false;
}

base::Result<deploy::Delivery> Deployer::delivery_of(std::size_t index,
                                                     Slot& slot, Event event)
{
    const auto& certificate = certificates_[index];
    const auto& id = certificate.settings.id;
    deploy::Delivery delivery;
    delivery.event = event;
    delivery.id = id;
    delivery.names = certificate.settings.names;
    delivery.issuer = settings_.issuers[certificate.issuer].name;
    if (const auto place = store::place_of_bundle(id)) {
        delivery.file = settings_.state_path + "/"
            + std::string(place->folder) + "/" + place->file;
    }
    if (event == Event::failed) {
        // Without ours it is from before a restart.
        delivery.error =
            slot.error.empty() ? certificate.job.last_error : slot.error;
    }
    delivery.memory = slot.record.memory;
    delivery.remember = [this, index, &slot](const std::string& memory) {
        slot.record.memory = memory;
        return save(index, slot);
    };
    for (const auto& other : slots_[index]) {
        if (&other == &slot) {
            break;
        }
        const auto directory = target(other).directory_of(id);
        if (!directory.empty()) {
            delivery.directory = directory;
        }
    }
    auto text = ports_.sink.current(id);
    if (!text) {
        return delivery;
    }
    auto bundle = crypto::parse_bundle(text->reveal());
    if (!bundle) {
        return bundle.error();
    }
    delivery.bundle =
        std::make_shared<const crypto::Bundle>(std::move(*bundle));
    return delivery;
}

void Deployer::begin(std::size_t index, Slot& slot, Event event)
{
    const auto delivery = delivery_of(index, slot, event);
    if (!delivery
        || (deploy::brings_certificate(event) && !delivery->bundle))
    {
        failed(index, slot,
               delivery ? base::Error{base::ErrorKind::internal,
                                      "the certificate is not in shared "
                                      "memory"}
                        : delivery.error());
        return;
    }
    slot.busy = true;
    busy_[slot.target] = true;
    const auto fingerprint = delivery->bundle
        ? delivery->bundle->chain.front().fingerprint()
        : std::string();
    target(slot).deliver(
        *delivery, [this, index, &slot, event, fingerprint](
                       const base::Result<std::string>& result) {
            on_done(index, slot, event, fingerprint, result);
        });
}

void Deployer::on_done(std::size_t index, Slot& slot, Event event,
                       const std::string& fingerprint,
                       const base::Result<std::string>& result)
{
    slot.busy = false;
    busy_[slot.target] = false;
    if (result) {
        succeeded(index, slot, event, fingerprint, *result);
    } else {
        failed(index, slot, result.error());
    }
    certificates_[index].stale = true;
    start();
}

void Deployer::succeeded(std::size_t index, Slot& slot, Event event,
                         const std::string& fingerprint,
                         const std::string& told)
{
    auto& record = slot.record;
    if (deploy::brings_certificate(event)) {
        record.certificate = fingerprint;
        slot.lost = false;
    } else {
        std::erase(record.events, deploy::to_string(event));
    }
    record.failures = 0;
    record.not_before.reset();
    record.last_error.clear();
    record.last_error_at.reset();
    record.done_at = ports_.clock.now();
    slot.told = {};
    if (const auto saved = save(index, slot); !saved) {
        log(base::LogLevel::error, index, slot,
            saved.error().message + "; it is deployed again after a restart");
    }
    log(base::LogLevel::notice, index, slot,
        "deployed: " + base::printable(told));
    news_(certificates_[index], "deployed",
          "to \"" + name_of(slot) + "\": " + told);
}

void Deployer::failed(std::size_t index, Slot& slot, const base::Error& error)
{
    auto& record = slot.record;
    const auto now = ports_.clock.now();
    record.failures++;
    record.not_before = std::max<base::Time>(
        now + pause_after(record.failures), error.retry_at.value_or(now));
    const bool same = record.last_error == error.message;
    record.last_error = error.message;
    record.last_error_at = now;
    const auto saved = save(index, slot);
    if (same && !is_over(slot.told, kTold, now)) {
        return;
    }
    slot.told = now;
    const bool hopeless = error.kind == base::ErrorKind::config
        || error.kind == base::ErrorKind::refused;
    log(hopeless ? base::LogLevel::error : base::LogLevel::warn, index, slot,
        "deploying: " + base::printable(error.message) + "; failure "
            + std::to_string(record.failures) + " in a row, next attempt at "
            + base::format_time(*record.not_before)
            + (saved ? std::string() : ", " + saved.error().message));
    news_(certificates_[index], "deployment failed",
          "to \"" + name_of(slot) + "\": " + error.message);
}

base::Status Deployer::save(std::size_t index, const Slot& slot)
{
    return ports_.store.save_deployment(certificates_[index].settings.id,
                                        name_of(slot), slot.record);
}

// --- beside certificates ---------------------------------------------------

void Deployer::tell(const ManagedCertificate& certificate, Event event,
                    const std::string& error)
{
    const auto index = index_of(certificate);
    const auto now = ports_.clock.now();
    const std::string name(deploy::to_string(event));
    const auto pause = event == Event::failed ? kFailedTold : kExpiringTold;
    for (auto& slot : slots_[index]) {
        auto& record = slot.record;
        const auto told = record.told.find(name);
        const bool repeated = event != Event::revoked
            && told != record.told.end() && !is_over(told->second, pause, now);
        if (!target(slot).wants(event) || repeated) {
            continue;
        }
        slot.error = error;
        record.told[name] = now;
        if (std::ranges::find(record.events, name) == record.events.end()) {
            record.events.push_back(name);
        }
        if (const auto saved = save(index, slot); !saved) {
            log(base::LogLevel::error, index, slot,
                saved.error().message + "; \"" + name
                    + "\" may be told once more after a restart");
        }
        start();
    }
}

// Of a certificate that is near its end, daily.
void Deployer::remind(std::size_t index, base::Time now, base::Time& next)
{
    const auto& certificate = certificates_[index];
    if (!certificate.validity) {
        return;
    }
    const auto at = certificate.urgent_at();
    if (at > now) {
        next = std::min(next, at);
    } else {
        tell(certificate, Event::expiring);
    }
}

void Deployer::forgive(const ManagedCertificate& certificate)
{
    for (auto& slot : slots_[index_of(certificate)]) {
        slot.record.not_before.reset();
        slot.told = {};
    }
    start();
}

// --- before an order -------------------------------------------------------

void Deployer::examine(const ManagedCertificate& certificate)
{
    const auto index = index_of(certificate);
    if (certificate.validity && certificate.as_configured) {
        return;  // as the one before
    }
    const auto now = ports_.clock.now();
    for (auto& slot : slots_[index]) {
        const bool old = slot.examined == Slot::Examined::yes
            && slot.objection && is_over(slot.examined_at, kExamined, now);
        if (slot.examined != Slot::Examined::no && !old) {
            continue;
        }
        slot.examined = Slot::Examined::asking;
        slot.examined_at = now;
        target(slot).examine(certificate.settings.key.type,
                             slot.record.memory,
                             [this, index, &slot](const base::Status& status) {
                                 on_examined(index, slot, status);
                             });
    }
}

void Deployer::on_examined(std::size_t index, Slot& slot,
                           const base::Status& status)
{
    slot.examined = Slot::Examined::yes;
    const bool refused =
        !status && status.error().kind == base::ErrorKind::config;
    const bool was_refused = slot.objection.has_value();
    slot.objection = refused ? std::optional(status.error()) : std::nullopt;
    if (refused && !was_refused) {
        log(base::LogLevel::error, index, slot,
            status.error().message
                + "; nothing is ordered before that is mended, unless the "
                  "certificate served comes near its end");
    }
    certificates_[index].stale = true;
    on_examined_();
}

// Others are not kept waiting for long by one that does not answer.
bool Deployer::undecided(const ManagedCertificate& certificate) const
{
    constexpr base::Duration kPatience = 30s;
    const auto now = ports_.clock.now();
    return std::ranges::any_of(
        slots_[index_of(certificate)], [&](const Slot& slot) {
            return slot.examined == Slot::Examined::asking
                && !is_over(slot.examined_at, kPatience, now);
        });
}

std::optional<base::Error> Deployer::objection(
    const ManagedCertificate& certificate) const
{
    const bool urgent = certificate.validity
        && certificate.urgent_at() <= ports_.clock.now();
    for (const auto& slot : slots_[index_of(certificate)]) {
        if (slot.objection && !urgent) {
            return slot.objection;
        }
    }
    return std::nullopt;
}

// --- what is shown ---------------------------------------------------------

std::vector<status::Deployment> Deployer::shown(
    const ManagedCertificate& certificate) const
{
    const auto index = index_of(certificate);
    std::vector<status::Deployment> all;
    for (const auto& slot : slots_[index]) {
        const auto& record = slot.record;
        status::Deployment shown{name_of(slot), record.done_at, std::nullopt,
                                 std::nullopt, pending(index, slot).has_value()};
        if (record.failures > 0) {
            shown.last_error = status::Remark{
                record.last_error_at.value_or(ports_.clock.now()),
                record.last_error};
            shown.next_at = record.not_before;
        }
        all.push_back(std::move(shown));
    }
    return all;
}

}  // namespace manager
