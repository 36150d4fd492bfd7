// Deployer: gives certificates to the places that their deploy= names, each
// new one to each of them, until they have taken it; and tells those that want
// to hear it of what else happens. Nothing else waits for it: neither serving
// nor renewing. A place that is not able to take one is asked again after
// growing pauses, also by the helpers after this one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deploy/target.h"
#include "manager/managed_certificate.h"
#include "manager/ports.h"
#include "manager/settings.h"
#include "status/detail.h"
#include "store/records.h"

namespace manager {

class Deployer {
public:
    // What is to be known of it: "deployed" or "deployment failed", and a
    // sentence.
    using News = std::function<void(ManagedCertificate&, const char* what,
                                    const std::string& text)>;

    // All that is given outlives it. `on_examined` is called when one more is
    // no longer undecided().
    Deployer(std::vector<ManagedCertificate>& certificates,
             const Settings& settings, Ports& ports, News news,
             std::function<void()> on_examined);

    // What is known of it from before.
    void load(ManagedCertificate& certificate);

    // Looks what is to be done, and goes on by itself; to be called again when
    // another certificate is served.
    void start();

    // Tells who wants to hear it.
    void tell(const ManagedCertificate& certificate, deploy::Event event,
              const std::string& error = {});

    // The pauses after failures are over.
    void forgive(const ManagedCertificate& certificate);

    // Finds out whether its places can take the certificate that is going to
    // be ordered, when that is of another kind than the one before.
    void examine(const ManagedCertificate& certificate);

    // Whether that is not known yet.
    bool undecided(const ManagedCertificate& certificate) const;

    // Why one of them cannot.
    std::optional<base::Error> objection(
        const ManagedCertificate& certificate) const;

    std::vector<status::Deployment> shown(
        const ManagedCertificate& certificate) const;

private:
    // One certificate at one of its places.
    struct Slot {
        std::size_t target;
        store::Deployment record = {};
        bool busy = false;
        // The last one is not there any more, or it is not known to be.
        bool lost = false;
        base::Time told{};  // the failure
        std::string error = {};  // for those who want to hear of failures
        enum class Examined { no, asking, yes } examined = Examined::no;
        base::Time examined_at{};
        std::optional<base::Error> objection = {};
    };
    using Slots = std::vector<Slot>;

    void step();
    bool deliver_one(std::size_t index, base::Time now, base::Time& next);
    void remind(std::size_t index, base::Time now, base::Time& next);
    std::optional<deploy::Event> pending(std::size_t index,
                                         const Slot& slot) const;
    bool waits_for_files(std::size_t index, const Slot& slot) const;
    base::Result<deploy::Delivery> delivery_of(std::size_t index, Slot& slot,
                                               deploy::Event event);
    void begin(std::size_t index, Slot& slot, deploy::Event event);
    void on_done(std::size_t index, Slot& slot, deploy::Event event,
                 const std::string& fingerprint,
                 const base::Result<std::string>& result);
    void succeeded(std::size_t index, Slot& slot, deploy::Event event,
                   const std::string& fingerprint, const std::string& told);
    void failed(std::size_t index, Slot& slot, const base::Error& error);
    void on_examined(std::size_t index, Slot& slot,
                     const base::Status& status);
    base::Status save(std::size_t index, const Slot& slot);
    std::size_t index_of(const ManagedCertificate& certificate) const;
    deploy::Target& target(const Slot& slot) const;
    const std::string& name_of(const Slot& slot) const;
    void log(base::LogLevel level, std::size_t index, const Slot& slot,
             const std::string& what);

    std::vector<ManagedCertificate>& certificates_;
    const Settings& settings_;
    Ports& ports_;
    const News news_;
    const std::function<void()> on_examined_;
    std::vector<Slots> slots_;  // by certificate
    std::vector<bool> busy_;    // by target: it is told one thing at a time
    std::unique_ptr<base::Timer> timer_;
};

}  // namespace manager
