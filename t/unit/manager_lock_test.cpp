// Two processes on one state directory.

#include "manager_world.h"

namespace {

using namespace manager_test;

class ManagerLock : public World {
protected:
    void SetUp() override
    {
        configure({"a.example"});
        lock.held_by_another = true;
        start();
    }
};

TEST_F(ManagerLock, HeldByAnotherMeansWaiting)
{
    run(kDay);
    EXPECT_TRUE(ca.requests.empty());
    EXPECT_TRUE(sink.retained.empty()) << "the other's certificates stay";
}

TEST_F(ManagerLock, SaysSoAfterTenSecondsAndOnce)
{
    run(9s);
    EXPECT_TRUE(log.lines.empty()) << "a reload is no news";
    run(2s);
    EXPECT_EQ(log.count(LogLevel::warn, "another nginx uses the state"), 1);
    run(kDay);
    EXPECT_EQ(log.lines.size(), 1);
}

TEST_F(ManagerLock, IsNoWorkAfterTenSeconds)
{
    run(9s);
    EXPECT_TRUE(at_work()) << "a reload is no news";
    run(2s);
    EXPECT_FALSE(at_work());
    lock.held_by_another = false;
    run(2s);
    EXPECT_TRUE(at_work());
}

TEST_F(ManagerLock, FreedAtOnceIsTakenAtOnce)
{
    run(100ms);
    lock.held_by_another = false;
    EXPECT_TRUE(loop.run_until([&] { return !ca.requests.empty(); }, 200ms));
}

TEST_F(ManagerLock, FreedAfterADayIsTakenWithinASecond)
{
    run(kDay);
    lock.held_by_another = false;
    run(5s);
    EXPECT_TRUE(is_served("a.example"));
}

TEST_F(ManagerLock, WhatTheOtherObtainedMeanwhileIsNotOrdered)
{
    run(1min);
    given_certificate({"a.example"});
    lock.held_by_another = false;
    run(kDay);
    EXPECT_TRUE(ca.requests.empty());
}

}  // namespace
