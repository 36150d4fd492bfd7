// Manager: the application. Owns everything that is done about certificates:
// takes the lock, loads what is stored, and from then on keeps each
// certificate young. One per instance, in the helper process; it is never
// stopped but by the end of the process, and everything that matters is on
// disk by then.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "manager/deployer.h"
#include "manager/issuer.h"
#include "manager/lookout.h"
#include "manager/managed_certificate.h"
#include "manager/ports.h"
#include "manager/renewal_watch.h"
#include "manager/settings.h"
#include "manager/stapler.h"
#include "manager/stored_bundle.h"

namespace manager {

class Manager {
public:
    Manager(const Settings& settings, Ports ports);

    void start();

    // Takes commands, and shows what has changed since the last call; to be
    // called each second where somebody may look.
    void refresh();

    // False while it only waits for the state directory.
    bool at_work() const;

private:
    // Events of all certificates that are held in memory, about, and how many
    // of each in any case.
    static constexpr std::size_t kEventsHeld = 16'000;
    static constexpr std::size_t kLeastEvents = 8;

    // One that waits for a CA in no hurry holds no slot, but so many for each
    // slot are enough.
    static constexpr unsigned kParkedPerSlot = 32;

    // How long a failed write is taken to say that the next fails, too.
    static constexpr base::Duration kStorageBad = std::chrono::minutes(1);

    // So many orders turned away in a row, whatever their names, are the CA's
    // trouble or a limit of the account.
    static constexpr unsigned kTurnedAway = 3;
    static constexpr base::Duration kLongestHold = std::chrono::minutes(10);

    // An issuer, and how it is doing.
    struct Ca {
        std::unique_ptr<Issuer> issuer;
        store::Job job;  // its own back-off
        bool preparing = false;
        // Orders in a row that it did not take, and how long that makes the
        // others wait: each would be told the same.
        unsigned turned_away = 0;
        base::Time hold_until{};
        status::IssuerCounts counts = {};
    };

    // A command that has not ended yet.
    struct Pending {
        Command command;
        bool begun = false;
    };

    // How many more orders may be under way, and how many of these for names
    // that have failed.
    struct Slots {
        unsigned all = 0;
        unsigned failed = 0;
    };

    // manager_load.cpp: from the start of the process to the first tick.
    void acquire();
    void on_lock_broken(const base::Error& error);
    void load_some();
    void drop_unused();
    void load(ManagedCertificate& certificate);
    void load_ca(Ca& ca);
    bool load_job(const std::string& id, store::Job& job);
    void load_renewal(ManagedCertificate& certificate);
    void follow_settings(ManagedCertificate& certificate);
    void tell_back_off(const ManagedCertificate& certificate);

    // manager_adopt.cpp: which certificate there is to begin with.
    void load_bundle(ManagedCertificate& certificate);
    void adopt(ManagedCertificate& certificate, const FoundBundle& found);
    bool adopt_better(ManagedCertificate& certificate,
                      const crypto::Bundle& own);
    void take(ManagedCertificate& certificate, const crypto::Bundle& bundle);
    bool keep_current(ManagedCertificate& certificate,
                      const FoundBundle& found, const crypto::Bundle& stored);
    void keep_unstored(ManagedCertificate& certificate);
    void keep(ManagedCertificate& certificate, base::Secret text,
              const crypto::Bundle& bundle);

    // manager.cpp: what is looked after, and slept on.
    void tick();
    void sleep(base::Time now);
    void retire();
    void clean_up_proofs();
    bool storage_ready(base::Time now);
    base::Time storage_bad_until(base::Time now) const;

    // manager_queue.cpp: what is ordered next, and when.
    void serve(std::size_t ca, base::Time now);
    base::Time ready_at(const Ca& ca, base::Time now) const;
    std::vector<ManagedCertificate*> due_at(std::size_t ca, base::Time now);
    bool is_waiting(const ManagedCertificate& certificate, std::size_t ca,
                    base::Time now) const;
    Slots slots(std::size_t ca) const;
    void on_prepared(std::size_t ca, const base::Status& status);
    void begin(ManagedCertificate& certificate);

    void wake(base::Duration delay, void (Manager::*step)());

    // manager_outcome.cpp: what came of it.
    void on_outcome(ManagedCertificate& certificate,
                    Attempt::Outcome outcome);
    void on_issued(ManagedCertificate& certificate, Attempt::Issued issued);
    void rest(ManagedCertificate& certificate);
    void mark(ManagedCertificate& certificate);
    void save_bundle(ManagedCertificate& certificate);
    void end_job(ManagedCertificate& certificate);
    void save_for_this(ManagedCertificate& certificate);
    void save_job(const std::string& id, const store::Job& job);
    void clear_job(const std::string& id, store::Job& job);
    void on_unsaved(ManagedCertificate& certificate,
                    const base::Error& error);

    // manager_failure.cpp: when it is tried again.
    void prefer_another(ManagedCertificate& certificate,
                        const std::string& failed);
    void on_failed(ManagedCertificate& certificate, const base::Error& error,
                   bool order_usable);
    void on_turned_away(const ManagedCertificate& certificate,
                        const base::Error& error);
    void on_unprepared(std::size_t index, const base::Error& error);
    void count_failure(Ca& ca);
    void back_off(store::Job& job, const base::Error& error,
                  base::Duration longest, unsigned step);
    std::string turn_away(ManagedCertificate& certificate, base::Time now);
    void turn_to_next(ManagedCertificate& certificate);
    void leave_held(ManagedCertificate& certificate, base::Time now);

    // manager_commands.cpp: what the operator wants.
    void take_commands();
    void obey(const Command& command);
    void begun(const Command& command);
    void end(const Command& command);
    void renew_now(ManagedCertificate& certificate);
    void forgive(ManagedCertificate& certificate);
    void rehearse(ManagedCertificate& certificate, const Command& command);
    void on_rehearsed(ManagedCertificate& certificate, const Command& command,
                      const Issuer& issuer,
                      const base::Result<Attempt::Issued>& result);

    // manager_revocation.cpp
    void revoke(ManagedCertificate& certificate, const Command& command);
    void send_revocation(const ManagedCertificate& certificate,
                         const store::Revocation& revocation,
                         std::function<void(base::Status)> done);
    void on_revoked(ManagedCertificate& certificate, const Command& command,
                    const base::Status& status);
    void replace_compromised(ManagedCertificate& certificate,
                             store::Revocation revocation);
    void revoke_former(ManagedCertificate& certificate, base::Time now);
    void on_found_revoked(ManagedCertificate& certificate);
    void on_former_revoked(ManagedCertificate& certificate,
                           const base::Status& status);

    // manager_status.cpp: what is shown of it.
    void show(ManagedCertificate& certificate);
    void show_later(std::size_t ca);
    const store::Job& trouble_of(const ManagedCertificate& certificate,
                                 base::Time now) const;
    status::Head head_of(const ManagedCertificate& certificate,
                         base::Time now) const;
    void load_history(ManagedCertificate& certificate);
    void forget_old(ManagedCertificate& certificate) const;
    void note(ManagedCertificate& certificate, std::string what,
              std::string text);
    void tell_suggestion(ManagedCertificate& certificate);

    void log(base::LogLevel level, const std::string& what,
             const ManagedCertificate& certificate);
    void log(base::LogLevel level, const std::string& what,
             const ManagedCertificate& certificate, const std::string& issuer);
    void log(base::LogLevel level, const std::string& what, const Ca& ca);

    const Settings& settings_;
    Ports ports_;
    std::vector<Ca> cas_;
    std::vector<ManagedCertificate> certificates_;
    BundleIndex index_;
    std::optional<Lookout> lookout_;
    std::optional<RenewalWatch> renewal_watch_;
    std::optional<Stapler> stapler_;
    std::optional<Deployer> deployer_;
    std::unique_ptr<base::Timer> timer_;
    base::Duration lock_waited_{0};
    bool locked_ = false;
    std::size_t loaded_ = 0;
    bool ticking_ = false;  // all is loaded, and the lock is held
    std::vector<Pending> commands_;
    unsigned long long commands_seen_ = 0;
    bool proofs_cleaned_up_ = false;
    base::Time storage_good_until_{};
    base::Time storage_bad_until_{};
    base::Time storage_told_{};
    base::Time history_told_{};
};

// How an issuer's own back-off is called in the store: no certificate can
// have this id.
std::string issuer_job_id(const IssuerSettings& issuer);

}  // namespace manager
