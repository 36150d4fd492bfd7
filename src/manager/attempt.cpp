#include "manager/attempt.h"

#include <algorithm>

#include "acme/persist.h"
#include "base/text.h"
#include "challenge/own_zone.h"
#include "schedule/policy.h"

namespace manager {

namespace {

// Who waits for the CA longer than this waits for its work queue, or for a
// server that does not answer it.
constexpr base::Duration kLongWait = std::chrono::seconds(3);

// Trouble that passes within this, or the attempt fails, keeps its slot: it
// would let as many others into the same trouble.
constexpr base::Duration kLongTrouble = std::chrono::seconds(20);

// One that the CA asked for, and that a restart must not cut short.
constexpr base::Duration kKeptWait = std::chrono::minutes(1);

}  // namespace

Attempt::Attempt(const CertificateSettings& settings, Issuer& issuer,
                 store::Job& job, Ports& ports, std::string replaces)
    : settings_(settings),
      issuer_(issuer),
      job_(job),
      ports_(ports),
      replaces_(std::move(replaces))
{
    if (!job.order_url.empty()) {
        registrations_ = issuer.registrations();
    }
}

void Attempt::start(Done done, Parked on_parked)
{
    done_ = std::move(done);
    on_parked_ = std::move(on_parked);
    outstanding_++;
    // Not from within this call: the caller is still busy with its lists.
    start_ = ports_.timers.after(base::Duration(0), [this] {
        outstanding_--;
        if (job_.order_url.empty() && settings_.preflight != PreflightMode::off)
        {
            look_ahead();
        } else {
            begin();
        }
    });
}

std::string Attempt::activity() const
{
    return issuance_ ? issuance_->activity() : "preparing the order";
}

bool Attempt::is_one_of_two(const base::Identifier& identifier) const
{
    const auto& value = identifier.value;
    const base::Identifier other{
        identifier.type,
        identifier.wildcard() ? value.substr(2) : "*." + value};
    const auto& all = settings_.names;
    return std::find(all.begin(), all.end(), other) != all.end();
}

// Actions may be answered at once, with more actions: a queue instead of
// recursion.
void Attempt::perform(acme::Actions actions)
{
    std::move(actions.begin(), actions.end(), std::back_inserter(actions_));
    if (performing_) {
        return;
    }
    // Cleared however this ends: an attempt must not stay deaf.
    struct Performing {
        explicit Performing(bool& f) : flag(f) { flag = true; }
        ~Performing() { flag = false; }
        bool& flag;
    } performing(performing_);
    while (!actions_.empty()) {
        acme::Action next = std::move(actions_.front());
        actions_.pop_front();
        std::visit([this](auto& action) { act(action); }, next);
    }
}

void Attempt::act(acme::Send& send)
{
    outstanding_++;
    issuer_.post(
        {std::move(send.url), std::move(send.payload), std::move(send.accept),
         send.max_body, send.repeatable},
        [this, exchange = send.exchange](base::Result<http::Response> result) {
            outstanding_--;
            if (finished_) {
                return;
            }
            perform(result ? issuance_->on_response(exchange, *result,
                                                    ports_.clock.now())
                           : issuance_->on_failure(exchange, result.error(),
                                                   ports_.clock.now()));
        });
}

void Attempt::act(acme::Wait& wait)
{
    const bool parked = is_long(wait);
    outstanding_++;
    parked_ += parked;
    const auto exchange = wait.exchange;
    timers_[{exchange.subject, exchange.index}] = ports_.timers.after(
        wait.delay, [this, exchange, parked] { on_elapsed(exchange, parked); });
    if (wait.delay > kKeptWait) {
        keep_wait(wait.delay);
    }
    if (this->parked()) {
        on_parked_();
    }
}

// Counted from the first wait on: many short ones are a long one.
bool Attempt::is_long(const acme::Wait& wait)
{
    if (wait.in_trouble) {
        return wait.delay > kLongTrouble;
    }
    const auto now = ports_.clock.now();
    waits_since_ = std::min(waits_since_.value_or(now), now);
    return now + wait.delay - *waits_since_ > kLongWait;
}

void Attempt::keep_wait(base::Duration delay)
{
    const auto end = ports_.clock.now() + delay;
    // Many names are told to wait at once: one write does.
    if (job_.not_before && *job_.not_before >= end - kKeptWait) {
        return;
    }
    job_.not_before = end;
    log(base::LogLevel::notice,
        activity() + ": the CA asks to wait until " + base::format_time(end));
    if (auto saved = ports_.store.save_job(settings_.id, job_); !saved) {
        ports_.log.write(base::LogLevel::error, saved.error().message);
    }
}

void Attempt::log(base::LogLevel level, const std::string& what)
{
    ports_.log.write(level, what + ", certificate \"" + settings_.id
                                + "\", issuer \"" + issuer_.settings().name
                                + "\"");
}

void Attempt::on_elapsed(acme::Exchange exchange, bool parked)
{
    outstanding_--;
    parked_ -= parked;
    timers_.erase({exchange.subject, exchange.index});
    perform(issuance_->on_elapsed(exchange));
}

void Attempt::act(acme::Present& present)
{
    const auto& type = present.challenge.type;
    auto proof = proof_of(present);
    auto* solver = find_solver(ports_, type);
    if (!proof || !solver) {
        on_presented(present, !proof
            ? base::Status(proof.error())
            : base::Error{base::ErrorKind::internal,
                          "no solver for " + type});
        return;
    }
    outstanding_++;
    solver->present(*proof, [this, present](base::Status status) {
        outstanding_--;
        if (!finished_) {
            on_presented(present, std::move(status));
        }
    });
}

base::Result<challenge::Proof> Attempt::proof_of(
    const acme::Present& present) const
{
    const auto& [exchange, identifier, challenge] = present;
    const auto account = issuer_.account();
    challenge::Proof proof{identifier, challenge.token, {}, settings_.dns,
                           is_one_of_two(identifier), {account.url}};
    if (!challenge.issuers.empty()) {
        auto names = acme::persist_names(challenge, issuer_.directory(),
                                         challenge::domain_of(identifier),
                                         account);
        if (!names) {
            return names.error();
        }
        proof.issuers = std::move(names->issuers);
        proof.accounts = std::move(names->accounts);
        return proof;
    }
    auto authorization = issuer_.key_authorization(challenge.token);
    if (!authorization) {
        return authorization.error();
    }
    proof.key_authorization = std::move(*authorization);
    return proof;
}

// When there is another way, the failure of this one is told nowhere else.
void Attempt::on_presented(const acme::Present& present, base::Status status)
{
    const auto error = status ? std::nullopt : std::optional(status.error());
    auto actions =
        issuance_->on_presented(present.exchange, std::move(status));
    const auto next = std::ranges::find_if(actions, [](const auto& action) {
        return std::holds_alternative<acme::Present>(action);
    });
    if (error && next != actions.end()) {
        log(base::LogLevel::warn,
            "validating " + present.identifier.value + " by "
                + present.challenge.type + ": " + error->message
                + "; trying "
                + std::get<acme::Present>(*next).challenge.type);
    }
    perform(std::move(actions));
}

void Attempt::act(acme::Withdraw& withdraw)
{
    if (auto* solver = find_solver(ports_, withdraw.type)) {
        solver->clean_up({withdraw.identifier, withdraw.token, {},
                          settings_.dns});
    }
}

void Attempt::act(acme::Remember& remember)
{
    job_.directory = issuer_.settings().directory;
    job_.order_url = remember.order_url;
    registrations_ = issuer_.registrations();
    // From here on a restart goes on with this order at once.
    job_.not_before.reset();
    if (auto saved = ports_.store.save_job(settings_.id, job_); !saved) {
        finish({std::move(saved).error_in("remembering the order"), true});
    }
}

// A helper that dies on the answer to what follows is replaced at once: what is
// on disk must hold the next one back.
void Attempt::act(acme::Forget&)
{
    job_.order_url.clear();
    job_.not_before = ports_.clock.now() + schedule::kMark;
    if (auto saved = ports_.store.save_job(settings_.id, job_); !saved) {
        finish({std::move(saved).error_in("forgetting the order"), false});
    }
}

void Attempt::act(acme::Discard& discard)
{
    outstanding_++;
    issuer_.post({std::move(discard.url), std::move(discard.payload), ""},
                 [this](const base::Result<http::Response>&) {
                     outstanding_--;
                 });
}

void Attempt::act(acme::Warn& warn)
{
    log(base::LogLevel::warn, warn.text);
}

void Attempt::act(acme::Issued& issued)
{
    auto result = judge(issued);
    if (!result) {
        // The same order would give the same certificate again, and each new
        // one counts against the CA's limits: not before tomorrow.
        auto error = std::move(result).error_in("checking the certificate");
        error.kind = base::ErrorKind::refused;
        finish({std::move(error)});
        return;
    }
    finish({std::move(result)});
}

void Attempt::act(acme::Failed& failed)
{
    if (failed.error.kind == base::ErrorKind::refused
        && issuer_.registrations() != registrations_.value_or(
               issuer_.registrations()))
    {
        // The order belongs to an account that the CA has forgotten.
        failed.error.kind = base::ErrorKind::protocol;
    }
    finish({std::move(failed.error), failed.order_usable,
            std::move(failed.challenge)});
}

base::Result<Attempt::Issued> Attempt::judge(const acme::Issued& issued)
{
    auto first = check(issued.chains.front());
    if (!first) {
        return first.error();
    }
    auto chain = choose_chain(std::move(*first), issued.chains);
    auto bundle =
        crypto::encode_bundle(issuer_.settings().directory, *key_, chain);
    if (!bundle) {
        return bundle.error();
    }
    return Issued{std::move(*bundle), std::move(chain)};
}

base::Result<crypto::Chain> Attempt::check(const std::string& pem) const
{
    auto chain = crypto::parse_chain(pem);
    if (!chain) {
        return chain;
    }
    auto status = crypto::check_issued(*chain, *key_, settings_.names,
                                       ports_.clock.now());
    return status ? std::move(chain) : status.error();
}

// Without the preferred one the CA's default will do.
crypto::Chain Attempt::choose_chain(crypto::Chain first,
                                    const std::vector<std::string>& all)
{
    const auto& preferred = issuer_.settings().preferred_chain;
    if (preferred.empty() || crypto::leads_to(first, preferred)) {
        return first;
    }
    std::string others = "\"" + base::printable(first.back().issuer()) + "\"";
    for (std::size_t i = 1; i < all.size(); i++) {
        auto chain = check(all[i]);
        if (!chain) {
            continue;
        }
        if (crypto::leads_to(*chain, preferred)) {
            return std::move(*chain);
        }
        others += ", \"" + base::printable(chain->back().issuer()) + "\"";
    }
    log(base::LogLevel::warn,
        "no chain leads to the preferred \"" + preferred
            + "\", the CA offers " + others + "; serving its default");
    return first;
}

void Attempt::finish(Outcome outcome)
{
    if (finished_) {
        return;
    }
    finished_ = true;
    actions_.clear();
    // A cancelled timer does not call back.
    outstanding_ -= unsigned(timers_.size());
    timers_.clear();
    parked_ = 0;
    done_(std::move(outcome));
}

}  // namespace manager
