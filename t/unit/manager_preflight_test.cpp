// What is found out before an order is placed.

#include "manager_world.h"

namespace {

using namespace manager_test;
using manager::PreflightMode;

// Nothing has a CAA record, but what the test says.
class Names : public dns::Resolver {
public:
    Names(Loop& loop, const std::string& caa) : loop_(loop), caa_(caa) {}

    void ask(const dns::Name& name, dns::Type, const std::vector<std::string>&,
             Done done) override
    {
        dns::Message message;
        message.header.rcode = dns::Rcode::no_such_name;
        if (!caa_.empty() && name.to_text() == "a.example") {
            message.header.rcode = dns::Rcode::no_error;
            dns::Record record;
            record.name = name;
            record.type = dns::Type::caa;
            record.rdata = std::string("\0\5issue", 7) + caa_;
            message.answers.push_back(record);
        }
        timers_.push_back(loop_.after(10ms, [=] { done(message); }));
    }

private:
    Loop& loop_;
    const std::string& caa_;
    std::vector<std::unique_ptr<base::Timer>> timers_;
};

class ManagerPreflight : public World {
protected:
    ManagerPreflight()
    {
        make_resolver = [this] { return std::make_unique<Names>(loop, caa); };
        ca.meta = {{"caaIdentities", {"ca.example"}}};
    }

    void configure_with(PreflightMode mode, const std::vector<std::string>& names)
    {
        configure(names);
        settings.certificates.back().preflight = mode;
    }

    std::string last_error() const { return job("a.example").last_error; }

    std::string caa;
};

TEST_F(ManagerPreflight, OffLooksAtNothing)
{
    configure_with(PreflightMode::off, {"a.example"});
    caa = ";";
    start();
    run(1min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(solver.preflights, 0u);
}

TEST_F(ManagerPreflight, WarnsAndOrdersAllTheSame)
{
    configure_with(PreflightMode::warn, {"a.example", "b.example"});
    solver.outside =
        base::Error{base::ErrorKind::protocol, "it leads elsewhere"};
    caa = "other.example";
    start();
    run(1min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(solver.preflights, 2u);
    EXPECT_EQ(log.count(LogLevel::warn, "preflight: it leads elsewhere"), 2u);
    EXPECT_EQ(log.count(LogLevel::warn,
                        "preflight: the CAA record of a.example lets "
                        "other.example issue"),
              1u);
}

TEST_F(ManagerPreflight, RequiredItCostsNoOrder)
{
    configure_with(PreflightMode::require, {"a.example"});
    solver.outside =
        base::Error{base::ErrorKind::protocol, "it leads elsewhere"};
    start();
    run(5min);
    EXPECT_EQ(orders(), 0u);
    EXPECT_EQ(last_error(), "preflight: it leads elsewhere");
    EXPECT_EQ(solver.preflights, 2u) << "and is repeated after a minute";
    solver.outside = base::ok();
    run(11min);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerPreflight, CaaOfAnotherCaIsAsked)
{
    configure_with(PreflightMode::require, {"a.example"});
    caa = "ca.example; validationmethods=dns-01";
    start();
    run(1min);
    EXPECT_EQ(orders(), 0u);
    EXPECT_EQ(last_error(),
              "preflight: the CAA record of a.example lets ca.example issue "
              "by dns-01 alone, not by http-01");
    caa = "ca.example; validationmethods=http-01";
    run(11min);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerPreflight, ServedOnesAreLookedAtEveryDay)
{
    given_certificate({"a.example"});
    given_certificate({"b.example"});
    configure_with(PreflightMode::warn, {"a.example"});
    configure_with(PreflightMode::off, {"b.example"});
    start();
    run(1h);
    EXPECT_EQ(solver.preflights, 1u);
    EXPECT_EQ(log.count(LogLevel::warn), 0u);
    solver.outside =
        base::Error{base::ErrorKind::protocol, "it leads elsewhere"};
    run(2 * kDay);
    EXPECT_EQ(solver.preflights, 3u);
    EXPECT_EQ(log.count(LogLevel::warn,
                        "preflight: it leads elsewhere; so it could not be "
                        "renewed now, the certificate served is valid until "
                        "2027-02-21T00:00:00Z"),
              2u);
    EXPECT_EQ(ca.requests.size(), 0u) << "the CA hears nothing of it";
}

}  // namespace
