#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/exec.h"
#include "processes.h"

namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;

class DnsExec : public testing::Test {
protected:
    auto into(std::optional<std::string>& report)
    {
        return [&report](const base::Status& status) {
            EXPECT_FALSE(report) << "reported once";
            report = status ? "ok" : status.error().message;
        };
    }

    processes_test::Processes processes_;
    dns::Exec exec_{{"/etc/dns-hook", "-v"}, 30s, processes_};
    const dns::TxtRecord record_{"_acme-challenge.a.example", "digest"};
};

TEST_F(DnsExec, CallsTheProgramWithActionNameAndValue)
{
    std::optional<std::string> report;
    exec_.add(record_, into(report));
    ASSERT_EQ(processes_.programs.size(), 1U);
    const auto& program = processes_.programs[0];
    EXPECT_THAT(program.arguments,
                ElementsAre("/etc/dns-hook", "-v", "add",
                            "_acme-challenge.a.example", "digest"));
    EXPECT_THAT(program.environment, Contains("ACME_ACTION=add"));
    EXPECT_THAT(program.environment, Contains("ACME_VALUE=digest"));
    EXPECT_EQ(program.limit, 30s);
    EXPECT_FALSE(report);
    processes_.end(base::Processes::End{0, "done\n"});
    EXPECT_EQ(report, "ok");
}

TEST_F(DnsExec, OneAtATime)
{
    std::optional<std::string> added;
    std::optional<std::string> removed;
    exec_.add(record_, into(added));
    exec_.remove(record_, into(removed));
    EXPECT_EQ(processes_.programs.size(), 1U);
    processes_.end(base::Processes::End{0, ""});
    ASSERT_EQ(processes_.programs.size(), 2U);
    EXPECT_EQ(processes_.programs[1].arguments[2], "remove");
    processes_.end(base::Processes::End{0, ""});
    EXPECT_EQ(removed, "ok");
}

TEST_F(DnsExec, TellsWhatAFailedOneSaid)
{
    std::optional<std::string> report;
    exec_.add(record_, into(report));
    processes_.end(base::Processes::End{3, "no\nsuch zone"});
    EXPECT_EQ(report, "\"/etc/dns-hook add\" exited with 3: no such zone");
}

TEST_F(DnsExec, GoesOnAfterOneThatCouldNotBeRun)
{
    std::optional<std::string> first;
    std::optional<std::string> second;
    exec_.add(record_, into(first));
    exec_.add(record_, into(second));
    processes_.end(base::Error{base::ErrorKind::config, "not there"});
    EXPECT_EQ(first, "not there");
    processes_.end(base::Processes::End{0, ""});
    EXPECT_EQ(second, "ok");
}

}  // namespace
