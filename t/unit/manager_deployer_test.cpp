// Where certificates go beside this nginx: what is delivered where and when, and
// that nothing else waits for it.

#include "manager_world.h"

namespace {

using namespace manager_test;
using deploy::Event;
using testing::ElementsAre;
using testing::IsEmpty;

// A place that takes what it is given, or does not.
class Place : public deploy::Target {
public:
    bool wants(Event event) const override { return wanted.contains(event); }

    void deliver(const deploy::Delivery& delivery, Done done) override
    {
        got.push_back(std::string(deploy::to_string(delivery.event)) + " "
                      + delivery.id);
        last = delivery;
        if (holds) {
            held = std::move(done);
        } else if (failure) {
            done(*failure);
        } else {
            (void) delivery.remember("memory " + std::to_string(got.size()));
            done(std::string("taken"));
        }
    }

    bool has(const std::string&, const std::string&) const override
    {
        return !lost;
    }

    std::string directory_of(const std::string& id) const override
    {
        return folder.empty() ? folder : folder + "/" + id;
    }

    void examine(crypto::KeyType, const std::string&,
                 const Verdict& done) override
    {
        examined++;
        if (answers) {
            done(objection ? base::Status(*objection) : base::ok());
        }
    }

    std::set<Event> wanted{Event::issued, Event::renewed};
    std::optional<base::Error> failure;
    std::optional<base::Error> objection;
    bool answers = true;
    bool holds = false;
    bool lost = false;
    std::string folder;
    Done held;
    int examined = 0;
    std::vector<std::string> got;
    deploy::Delivery last;
};

class ManagerDeployer : public World {
protected:
    ManagerDeployer()
    {
        add("cloud", cloud);
        configure({"a.example"});
        settings.certificates[0].deploy = {0};
    }

    void add(const std::string& name, Place& place)
    {
        manager::DeploySettings deploy;
        deploy.name = name;
        settings.deploy.push_back(deploy);
        targets.push_back(&place);
    }

    void renew()
    {
        command("a.example", manager::Action::renew);
        run(1min);
    }

    status::Deployment shown(std::size_t i = 0)
    {
        refresh();
        return status.details.at("a.example").deployments.at(i);
    }

    Place cloud;
};

TEST_F(ManagerDeployer, DeliversEachCertificateOnce)
{
    start();
    run(1min);
    EXPECT_THAT(cloud.got, ElementsAre("issued a.example"));
    EXPECT_EQ(cloud.last.issuer, "ca");
    EXPECT_EQ(cloud.last.file, "/state/certificates/a.example.pem");
    EXPECT_EQ(cloud.last.bundle->chain.front().fingerprint(),
              served("a.example")->chain.front().fingerprint());
    EXPECT_EQ(log.count(LogLevel::notice, "deployed: taken"), 1);
    restart();
    run(1min);
    EXPECT_EQ(cloud.got.size(), 1U);
    renew();
    EXPECT_THAT(cloud.got,
                ElementsAre("issued a.example", "renewed a.example"));
    EXPECT_EQ(cloud.last.memory, "memory 1");
    EXPECT_FALSE(shown().pending);
    EXPECT_TRUE(shown().done_at);
}

TEST_F(ManagerDeployer, DeliversWhatWasThereBefore)
{
    settings.certificates[0].deploy.clear();
    start();
    run(1min);
    settings.certificates[0].deploy = {0};
    restart();
    run(1min);
    EXPECT_THAT(cloud.got, ElementsAre("issued a.example"));
    EXPECT_EQ(orders(), 1U);
}

TEST_F(ManagerDeployer, TriesAgainWithGrowingPausesAlsoAfterARestart)
{
    cloud.failure = base::Error{base::ErrorKind::network, "no route"};
    start();
    run(1min);
    EXPECT_EQ(cloud.got.size(), 1U);
    run(1min);
    EXPECT_EQ(cloud.got.size(), 2U);  // after 1 minute, 2, 4, ...
    run(6min);
    EXPECT_EQ(cloud.got.size(), 4U);
    restart();
    run(7min);
    EXPECT_EQ(cloud.got.size(), 4U);
    run(1min);
    EXPECT_EQ(cloud.got.size(), 5U);
    EXPECT_EQ(log.count(LogLevel::warn, "deploying: no route"), 2);
    EXPECT_TRUE(shown().last_error);
    EXPECT_TRUE(shown().next_at);
    EXPECT_TRUE(is_served("a.example"));
    cloud.failure.reset();
    run(1h);
    EXPECT_EQ(cloud.got.back(), "issued a.example");
    EXPECT_FALSE(shown().last_error);
    const auto calls = cloud.got.size();
    run(10h);
    EXPECT_EQ(cloud.got.size(), calls);
}

TEST_F(ManagerDeployer, TellsARepeatedFailureHourly)
{
    cloud.failure = base::Error{base::ErrorKind::refused, "no"};
    start();
    run(5h);
    EXPECT_LE(log.count(LogLevel::error, "deploying: no"), 5);
    EXPECT_GE(log.count(LogLevel::error, "deploying: no"), 3);
}

TEST_F(ManagerDeployer, WaitsAsLongAsThePlaceSays)
{
    cloud.failure = base::Error{base::ErrorKind::rate_limited, "later",
                                loop.now() + 5h};
    start();
    run(5h - 1min);
    EXPECT_EQ(cloud.got.size(), 1U);
    run(2min);
    EXPECT_EQ(cloud.got.size(), 2U);
}

TEST_F(ManagerDeployer, ForgivesWhenTheOperatorSaysSo)
{
    cloud.failure = base::Error{base::ErrorKind::refused, "no"};
    start();
    run(10min);
    cloud.failure.reset();
    const auto calls = cloud.got.size();
    command("a.example", manager::Action::retry);
    run(1s);
    EXPECT_EQ(cloud.got.size(), calls + 1);
}

TEST_F(ManagerDeployer, TellsOneThingAtATime)
{
    configure({"b.example"});
    settings.certificates[1].deploy = {0};
    cloud.holds = true;
    start();
    run(1min);
    ASSERT_EQ(cloud.got.size(), 1U);
    EXPECT_TRUE(is_served("b.example"));
    cloud.holds = false;
    cloud.held(std::string("taken"));
    run(1s);
    EXPECT_EQ(cloud.got.size(), 2U);
}

TEST_F(ManagerDeployer, LosesNothingWhenTheHelperEndsMeanwhile)
{
    cloud.holds = true;
    start();
    run(1min);
    cloud.holds = false;
    restart();
    run(1min);
    EXPECT_THAT(cloud.got,
                ElementsAre("issued a.example", "issued a.example"));
    restart();
    run(1min);
    EXPECT_EQ(cloud.got.size(), 2U);
}

TEST_F(ManagerDeployer, BringsBackWhatIsNotThereAnyMore)
{
    start();
    run(1min);
    cloud.lost = true;
    restart();
    run(1min);
    EXPECT_THAT(cloud.got,
                ElementsAre("issued a.example", "renewed a.example"));
}

TEST_F(ManagerDeployer, TellsOfFilesThatAreThere)
{
    Place files;
    Place program;
    files.folder = "/export";
    files.failure = base::Error{base::ErrorKind::storage, "full"};
    add("files", files);
    add("program", program);
    settings.certificates[0].deploy = {1, 2, 0};
    start();
    run(1min);
    EXPECT_THAT(program.got, IsEmpty());
    files.failure.reset();
    run(1h);
    EXPECT_THAT(program.got, ElementsAre("issued a.example"));
    EXPECT_EQ(program.last.directory, "/export/a.example");
}

TEST_F(ManagerDeployer, OthersDoNotWaitForOneThatFails)
{
    Place second;
    cloud.failure = base::Error{base::ErrorKind::network, "no route"};
    add("second", second);
    settings.certificates[0].deploy = {0, 1};
    start();
    run(1s);
    EXPECT_EQ(second.got.size(), 1U);
}

TEST_F(ManagerDeployer, DeliversNothingThatIsNotStored)
{
    store.refuses_bundles = true;
    start();
    run(1min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_THAT(cloud.got, IsEmpty());
    store.refuses_bundles = false;
    run(2min);
    EXPECT_THAT(cloud.got, ElementsAre("issued a.example"));
}

// --- other events ----------------------------------------------------------

TEST_F(ManagerDeployer, TellsFailuresHourly)
{
    cloud.wanted = {Event::failed};
    start();
    run(1min);
    ca.fault("newOrder", 1000, problem(500, "serverInternal"));
    renew();
    EXPECT_THAT(cloud.got, ElementsAre("failed a.example"));
    EXPECT_THAT(cloud.last.error, testing::HasSubstr("serverInternal"));
    run(30min);
    EXPECT_EQ(cloud.got.size(), 1U);
}

TEST_F(ManagerDeployer, TellsDailyThatTheEndIsNear)
{
    cloud.wanted = {Event::expiring};
    start();
    run(1min);
    ca.fault("newOrder", 100000, problem(500, "serverInternal"));
    run(74 * kDay);
    EXPECT_THAT(cloud.got, IsEmpty());
    run(5 * kDay);
    EXPECT_GE(cloud.got.size(), 4U);
    EXPECT_LE(cloud.got.size(), 5U);
    EXPECT_EQ(cloud.got.front(), "expiring a.example");
}

// A record has whole seconds, counted upward.
TEST_F(ManagerDeployer, DoesNotTellTwiceWhenRestartedWithinTheSecond)
{
    cloud.wanted = {};
    start();
    run(1min);
    ca.fault("newOrder", 100000, problem(500, "serverInternal"));
    run(79 * kDay + 300ms);
    cloud.wanted = {Event::expiring};
    restart();
    run(100ms);
    restart();
    run(100ms);
    EXPECT_THAT(cloud.got, ElementsAre("expiring a.example"));
}

TEST_F(ManagerDeployer, TellsOfARevocation)
{
    cloud.wanted = {Event::revoked};
    start();
    run(1min);
    command("a.example", manager::Action::revoke, 4);
    run(1min);
    EXPECT_THAT(cloud.got, ElementsAre("revoked a.example"));
}

TEST_F(ManagerDeployer, TellsEventsUntilTheyAreTaken)
{
    cloud.wanted = {Event::revoked};
    cloud.failure = base::Error{base::ErrorKind::protocol, "exited with 1"};
    start();
    run(1min);
    command("a.example", manager::Action::revoke, 4);
    run(10s);
    cloud.failure.reset();
    restart();
    run(5min);
    EXPECT_THAT(cloud.got,
                ElementsAre("revoked a.example", "revoked a.example"));
    run(1h);
    EXPECT_EQ(cloud.got.size(), 2U);
}

// --- before an order -------------------------------------------------------

TEST_F(ManagerDeployer, IsAskedBeforeTheCa)
{
    cloud.objection = base::Error{base::ErrorKind::config, "takes no RSA"};
    start();
    run(1min);
    EXPECT_EQ(orders(), 0U);
    EXPECT_EQ(log.count(LogLevel::error, "takes no RSA; nothing is ordered"),
              1);
    refresh();
    EXPECT_EQ(status.heads.at("a.example").state, status::State::failing);
    cloud.objection.reset();
    run(2h);
    EXPECT_EQ(orders(), 1U);
}

TEST_F(ManagerDeployer, IsNotAskedAboutOneLikeTheOneBefore)
{
    start();
    run(1min);
    EXPECT_EQ(cloud.examined, 1);
    restart();
    renew();
    EXPECT_EQ(cloud.examined, 1);
}

TEST_F(ManagerDeployer, DoesNotStopARenewalThatIsUrgent)
{
    start();
    run(76 * kDay);
    const auto before = orders();
    // Another key is wanted.
    settings.certificates[0].key.type = crypto::KeyType::ecdsa_384;
    cloud.objection = base::Error{base::ErrorKind::config, "takes no P-384"};
    restart();
    run(1min);
    EXPECT_EQ(orders(), before);
    run(90 * kDay);
    EXPECT_GT(orders(), before);
}

TEST_F(ManagerDeployer, DoesNotWaitLongForWhoDoesNotAnswer)
{
    cloud.answers = false;
    start();
    run(20s);
    EXPECT_EQ(orders(), 0U);
    run(11min);
    EXPECT_EQ(orders(), 1U);
}

TEST_F(ManagerDeployer, GoesOnWhenNobodyKnows)
{
    cloud.objection = base::Error{base::ErrorKind::network, "no route"};
    start();
    run(1min);
    EXPECT_EQ(orders(), 1U);
}

}  // namespace
