// Metrics: their samples, and that nothing breaks out of a label.
#include "status/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace status;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

Metrics example(const Certificate& certificate)
{
    Metrics metrics;
    metrics.now = base::Time(seconds(1'800'000'000));
    metrics.helper.alive = true;
    Head head;
    head.state = State::failing;
    head.attempts = 3;
    head.next_at = 1'800'000'060;
    metrics.rows.push_back({&certificate, head});
    return metrics;
}

TEST(StatusMetrics, HaveASampleForTheStateItIsIn)
{
    const Certificate certificate{"a.example", {}, true, "ca", {}, {}};
    const auto text = to_prometheus(example(certificate));
    EXPECT_THAT(text, HasSubstr("acme_certificate_state{id=\"a.example\","
                                "state=\"failing\"} 1\n"));
    EXPECT_THAT(text, Not(HasSubstr("state=\"valid\"")));
    EXPECT_THAT(text, HasSubstr("acme_certificate_failures{id=\"a.example\"} "
                                "3\n"));
    EXPECT_THAT(text, HasSubstr("acme_next_action_timestamp_seconds"
                                "{id=\"a.example\"} 1800000060\n"));
    EXPECT_THAT(text, HasSubstr("\nacme_helper_up 1\n"));
    // It has never been issued.
    EXPECT_THAT(text, Not(HasSubstr("not_after_timestamp_seconds{")));
}

TEST(StatusMetrics, EscapeLabels)
{
    const Certificate certificate{"a\"} 1\nb\\", {}, true, "ca", {}, {}};
    EXPECT_THAT(to_prometheus(example(certificate)),
                HasSubstr(R"({id="a\"} 1\nb\\",state="failing"} 1)"));
}

TEST(StatusMetrics, CountDurationsInBuckets)
{
    IssuerCounts counts;
    counts.count_issued(seconds(4));
    counts.count_issued(seconds(20));
    counts.count_issued(seconds(100'000));
    counts.count_failed();
    const Certificate certificate{"a.example", {}, true, "ca", {}, {}};
    auto metrics = example(certificate);
    metrics.issuers.emplace_back("ca", counts);
    const auto text = to_prometheus(metrics);
    const std::string name = "acme_issuance_duration_seconds";
    EXPECT_THAT(text, HasSubstr(name + "_bucket{issuer=\"ca\",le=\"5\"} 1\n"));
    EXPECT_THAT(text,
                HasSubstr(name + "_bucket{issuer=\"ca\",le=\"10\"} 1\n"));
    EXPECT_THAT(text,
                HasSubstr(name + "_bucket{issuer=\"ca\",le=\"30\"} 2\n"));
    EXPECT_THAT(text,
                HasSubstr(name + "_bucket{issuer=\"ca\",le=\"+Inf\"} 3\n"));
    EXPECT_THAT(text, HasSubstr(name + "_sum{issuer=\"ca\"} 100024.000\n"));
    EXPECT_THAT(text, HasSubstr("result=\"failed\"} 1\n"));
}

}  // namespace
