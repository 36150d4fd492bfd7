// RenewalWatch: asks the CAs when they suggest to renew what is served (RFC
// 9773), as often as they want to be asked. It has a queue of its own, which
// nothing waits for: without an answer a certificate is renewed at the time
// that its lifetime gives.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "manager/issuer.h"
#include "manager/managed_certificate.h"
#include "manager/ports.h"

namespace manager {

class RenewalWatch {
public:
    using OnMoved = std::function<void(ManagedCertificate&)>;

    // All that is given outlives it. `issuers` are as in Settings::issuers.
    // Calls `on_moved` when a certificate's suggestion has changed.
    RenewalWatch(std::vector<ManagedCertificate>& certificates,
                 std::vector<Issuer*> issuers, Ports& ports, OnMoved on_moved)
        : certificates_(certificates),
          issuers_(std::move(issuers)),
          ports_(ports),
          on_moved_(std::move(on_moved)),
          failures_(certificates.size()),
          holds_(issuers_.size())
    {}

    // Asks what is due, and goes on by itself; to be called again when a
    // certificate has come that nobody was asked about.
    void start();

private:
    // A CA in trouble is not asked about one certificate after the other.
    struct Hold {
        unsigned failures = 0;
        base::Time end{};
    };

    void step();
    base::Time look_at(const ManagedCertificate& certificate,
                       base::Time now) const;
    bool is_watched(const ManagedCertificate& certificate,
                    base::Time now) const;
    void ask(std::size_t index);
    void send(std::size_t index);
    void on_answer(std::size_t index, const std::string& id,
                   const base::Result<http::Response>& result);
    void on_information(ManagedCertificate& certificate,
                        const http::Response& response);
    void on_failure(std::size_t index, bool passes);
    void hold(std::size_t issuer);
    void look_later(ManagedCertificate& certificate, base::Duration delay);
    void done();

    std::vector<ManagedCertificate>& certificates_;
    const std::vector<Issuer*> issuers_;
    Ports& ports_;
    const OnMoved on_moved_;
    std::vector<unsigned> failures_;  // in a row, that pass by themselves
    base::Time told_{};  // that the disk fails
    std::vector<Hold> holds_;  // by issuer
    std::unique_ptr<base::Timer> timer_;
    std::set<std::size_t> asking_;
};

}  // namespace manager
