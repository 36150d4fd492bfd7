// A program that is told of certificates: with what, and never two at once.

#include "deploy/exec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy_material.h"
#include "manager_fakes.h"
#include "manager_loop.h"
#include "processes.h"

namespace {

using namespace std::chrono_literals;
using base::Processes;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

class DeployExec : public testing::Test {
protected:
    DeployExec() { settings.command = {"/usr/bin/told", "-v"}; }

    void deliver(deploy::Event event = deploy::Event::renewed)
    {
        said.reset();
        exec.emplace(settings, processes, loop, log);
        delivery.event = event;
        delivery.id = "a.example";
        delivery.names = {crypto_test::name("a.example"),
                          crypto_test::name("b.example")};
        delivery.issuer = "ca";
        delivery.remember = [this](const std::string& text) {
            remembered.push_back(text);
            return base::ok();
        };
        exec->deliver(delivery, [this](const base::Result<std::string>& r) {
            EXPECT_FALSE(said);
            said = r ? *r : "! " + r.error().message;
        });
    }

    const auto& environment() const
    {
        return processes.programs.back().environment;
    }

    manager_test::Loop loop;
    manager_test::Log log;
    processes_test::Processes processes;
    deploy::ExecSettings settings;
    std::optional<deploy::Exec> exec;
    deploy::Delivery delivery;
    std::vector<std::string> remembered;
    std::optional<std::string> said;
};

TEST_F(DeployExec, WantsNewCertificatesUnlessToldOtherwise)
{
    const deploy::Exec usual(settings, processes, loop, log);
    EXPECT_TRUE(usual.wants(deploy::Event::issued));
    EXPECT_FALSE(usual.wants(deploy::Event::failed));
    settings.events = {deploy::Event::failed};
    const deploy::Exec other(settings, processes, loop, log);
    EXPECT_FALSE(other.wants(deploy::Event::issued));
    EXPECT_TRUE(other.wants(deploy::Event::failed));
}

TEST_F(DeployExec, TellsWhatThereIs)
{
    delivery.bundle = deploy_test::material("a.example");
    delivery.file = "/state/certificates/a.example.pem";
    delivery.directory = "/export/a.example";
    deliver();
    const auto& program = processes.programs.back();
    EXPECT_THAT(program.arguments, ElementsAre("/usr/bin/told", "-v"));
    EXPECT_EQ(program.limit, 1min);
    EXPECT_THAT(environment(), Contains("ACME_EVENT=renewed"));
    EXPECT_THAT(environment(), Contains("ACME_NAMES=a.example b.example"));
    EXPECT_THAT(environment(), Contains("ACME_SERIAL=04c0ffee"));
    EXPECT_THAT(environment(),
                Contains("ACME_BUNDLE=/state/certificates/a.example.pem"));
    EXPECT_THAT(environment(), Contains("RENEWED_LINEAGE=/export/a.example"));
    EXPECT_THAT(environment(), Not(Contains(StartsWith("ACME_ERROR"))));
    EXPECT_THAT(remembered, ElementsAre("program 1"));
    processes.end(Processes::End{0, "all\nwell\n"});
    EXPECT_EQ(said, "\"/usr/bin/told\" was told \"renewed\"");
    EXPECT_EQ(log.count(base::LogLevel::info, "said: all well"), 1);
}

TEST_F(DeployExec, TellsAFailureWithoutACertificate)
{
    delivery.error = "no\nway";
    deliver(deploy::Event::failed);
    EXPECT_THAT(environment(), Contains("ACME_ERROR=no way"));
    EXPECT_THAT(environment(), Not(Contains(StartsWith("ACME_SERIAL"))));
    EXPECT_THAT(environment(), Not(Contains(StartsWith("ACME_DIRECTORY"))));
}

TEST_F(DeployExec, SaysHowItFailed)
{
    deliver();
    processes.end(Processes::End{3, "no\nway\n"});
    EXPECT_EQ(said, "! \"/usr/bin/told\" exited with 3: no way");
    deliver();
    processes.end(Processes::End{1, ""});
    EXPECT_EQ(said, "! \"/usr/bin/told\" exited with 1: it printed nothing");
    deliver();
    processes.end(base::Error{base::ErrorKind::config, "gone"});
    EXPECT_EQ(said, "! gone");
}

TEST_F(DeployExec, WaitsForTheOneThatAnotherHelperStarted)
{
    processes.others = {"theirs"};
    delivery.memory = "theirs";
    deliver();
    loop.run_for(10s);
    EXPECT_TRUE(processes.programs.empty());
    processes.others.clear();
    loop.run_for(1s);
    EXPECT_EQ(processes.programs.size(), 1U);
}

TEST_F(DeployExec, KillsThatOneWhenItsTimeIsOver)
{
    processes.others = {"theirs"};
    delivery.memory = "theirs";
    deliver();
    loop.run_for(62s);
    EXPECT_TRUE(processes.others.empty());
    EXPECT_EQ(processes.programs.size(), 1U);
}

}  // namespace
