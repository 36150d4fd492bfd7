// World: a manager and everything around it. A test says what the
// configuration is, lets time pass, and looks at what the CA was asked, what
// is stored, served and logged.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/bundle.h"
#include "manager/manager.h"
#include "manager_ca.h"
#include "manager_fakes.h"
#include "manager_store.h"

namespace manager_test {

using base::LogLevel;
using Names = std::vector<std::string>;

class World : public testing::Test {
protected:
    World()
    {
        settings.state_path = "/state";
        settings.user_agent = "test/1";
        manager::IssuerSettings issuer;
        issuer.name = "ca";
        issuer.directory = ca.directory();
        settings.issuers.push_back(issuer);
    }

    ~World() override
    {
        if (HasFailure()) {
            std::cout << log.text();
        }
        for (const auto& line : log.lines) {
            EXPECT_EQ(line.text.find("PRIVATE KEY"), std::string::npos);
        }
    }

    // One line "acme_domain NAME...", called by its first name.
    void configure(const Names& names)
    {
        manager::CertificateSettings certificate;
        certificate.id = names.front();
        certificate.issuers = {0};
        certificate.challenges = {"http-01"};
        for (const auto& name : names) {
            certificate.names.push_back(crypto_test::name(name));
        }
        settings.certificates.push_back(certificate);
    }

    void start()
    {
        manager_ = std::make_unique<manager::Manager>(settings, ports());
        manager_->start();
    }

    // The process ends without a word.
    void die() { manager_.reset(); }

    void restart()
    {
        die();
        start();
    }

    // Like restart(), with other lines in the configuration.
    void restart_with(const std::vector<Names>& lines)
    {
        die();
        settings.certificates.clear();
        for (const auto& names : lines) {
            configure(names);
        }
        start();
    }

    // The worker's part of acme_api, and the helper's each second.
    void command(const std::string& id, manager::Action action,
                 int reason = 0)
    {
        commands.add({id, action, reason});
        manager_->refresh();
    }

    void refresh() { manager_->refresh(); }

    bool at_work() const { return manager_->at_work(); }

    void run(base::Duration duration) { loop.run_for(duration); }

    // A certificate for these names, obtained some time before the test.
    void given_certificate(const Names& names, base::Duration age = 0ms,
                           base::Duration lifetime = 90 * kDay)
    {
        crypto_test::Order order{"", {}, loop.now() - age,
                                 loop.now() - age + lifetime};
        for (const auto& name : names) {
            order.names.push_back(crypto_test::name(name));
        }
        const auto key = crypto_test::new_key();
        crypto::Chain chain;
        chain.push_back(root_.issue(key, order));
        store.bundles[names.front()] =
            *crypto::encode_bundle(settings.issuers[0].directory, key, chain);
    }

    // So many attempts for that name came to nothing; the next is due.
    void given_failures(const std::string& name, unsigned failures)
    {
        store::Job job;
        job.directory = settings.issuers[0].directory;
        job.names = name;
        job.failures = failures;
        job.not_before = loop.now();
        store.jobs[name] = store::encode(job);
    }

    // What is stored of the work for that name.
    store::Job job(const std::string& name) const
    {
        const auto found = store.jobs.find(name);
        return found == store.jobs.end()
            ? store::Job{}
            : *store::decode_job(found->second.reveal());
    }

    std::size_t orders() const { return ca.count("newOrder"); }

    // What is served to clients from now on; nothing when that was never
    // published, or cannot be used.
    std::optional<crypto::Bundle> served(const std::string& id) const
    {
        const auto found = sink.served.find(id);
        if (found == sink.served.end()) {
            return std::nullopt;
        }
        auto bundle = crypto::parse_bundle(found->second.reveal());
        return bundle ? std::optional(std::move(*bundle)) : std::nullopt;
    }

    bool is_served(const std::string& id) const
    {
        return served(id).has_value();
    }

    bool is_stored(const std::string& id) const
    {
        return store.bundles.contains(id);
    }

    Board board;
    Loop loop;
    AcmeCa ca{"https://ca.example/", loop, board};
    AcmeCa other_ca{"https://other.example/", loop, board};
    MemoryStore store;
    Lock lock;
    Sink sink;
    StatusBoard status;
    Commands commands;
    Log log;
    Solver solver{board};
    Random random;
    manager::ResolverFactory make_resolver;
    std::vector<deploy::Target*> targets;
    manager::Settings settings;

private:
    manager::Ports ports()
    {
        const auto make_client = [this](const manager::IssuerSettings& s) {
            return std::make_unique<Client>(
                loop, s.directory == ca.directory() ? ca : other_ca);
        };
        return {loop, random, loop, log, store, lock, sink, status, commands,
                make_client, {&solver}, make_resolver, targets};
    }

    crypto_test::Ca root_{"Earlier Root"};
    std::unique_ptr<manager::Manager> manager_;
};

}  // namespace manager_test
