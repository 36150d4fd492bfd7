// Who comes first, and how many at a time.

#include "manager_world.h"

namespace {

using namespace manager_test;
using testing::ElementsAre;

class ManagerQueue : public World {
protected:
    // Orders that were begun and have not come to an end.
    std::size_t in_flight() const
    {
        return orders() - ca.count("certificate");
    }

    void configure_many(unsigned count)
    {
        for (unsigned i = 0; i < count; ++i) {
            configure({"n" + std::to_string(i) + ".example"});
        }
    }
};

TEST_F(ManagerQueue, NoMoreOrdersAreInFlightThanAllowed)
{
    settings.issuers[0].max_orders = 4;
    configure_many(50);
    start();
    std::size_t most = 0;
    loop.run_until([&] {
        most = std::max(most, in_flight());
        return sink.served.size() == 50;
    });
    EXPECT_EQ(sink.served.size(), 50);
    EXPECT_EQ(orders(), 50);
    EXPECT_EQ(most, 4);
    EXPECT_EQ(ca.count("directory"), 1);
    EXPECT_LE(ca.count("newNonce"), 1 + 4) << "answers bring the others";
}

TEST_F(ManagerQueue, OrderWaitingForACaInNoHurryHoldsNoSlot)
{
    settings.issuers[0].max_orders = 1;
    ca.processing = 2 * kDay;
    ca.processing_retry_after = "86400";
    configure_many(3);
    start();
    EXPECT_TRUE(loop.run_until([&] { return orders() == 3; }, 1min));
}

TEST_F(ManagerQueue, OrderWaitingForACaInNoHurryIsFinishedInTheEnd)
{
    ca.processing = 2 * kDay;
    ca.processing_retry_after = "86400";
    configure({"a.example"});
    start();
    run(kDay - 1min);
    EXPECT_EQ(ca.count("order"), 0) << "before the CA's Retry-After";
    run(kDay + 2min);
    EXPECT_TRUE(is_served("a.example"));
    EXPECT_EQ(orders(), 1);
    EXPECT_EQ(ca.count("order"), 2);
}

TEST_F(ManagerQueue, LeastShareOfLifetimeLeftComesFirst)
{
    settings.issuers[0].max_orders = 1;
    given_certificate({"last.example"}, 61 * kDay);
    given_certificate({"second.example"}, 80 * kDay);
    given_certificate({"third.example"}, 70 * kDay);
    configure({"last.example"});
    configure({"second.example"});
    configure({"third.example"});
    configure({"none.example"});
    start();
    run(1min);
    EXPECT_THAT(ca.ordered(), ElementsAre("none.example", "second.example",
                                          "third.example", "last.example"));
}

}  // namespace
