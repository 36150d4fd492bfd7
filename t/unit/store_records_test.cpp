#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/records.h"

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const base::Time kMoment{seconds(1795415358)};  // 2026-11-23T06:29:18Z

TEST(Records, AnAccountIsTheSameAfterwards)
{
    const store::Account account = {
        "https://ca.example/directory", "https://ca.example/acct/1",
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        base::Secret("-----BEGIN PRIVATE KEY-----\nx\n")};
    const auto text = store::encode(account);
    EXPECT_EQ(text.reveal(),
              R"({"directory":"https://ca.example/directory",)"
              R"("key":"-----BEGIN PRIVATE KEY-----\nx\n",)"
              R"("thumbprint":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",)"
              R"("url":"https://ca.example/acct/1","version":1})");
    const auto decoded = store::decode_account(text.reveal());
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->directory, account.directory);
    EXPECT_EQ(decoded->url, account.url);
    EXPECT_EQ(decoded->thumbprint, account.thumbprint);
    EXPECT_EQ(decoded->key_pem, account.key_pem);
}

TEST(Records, AJobIsTheSameAfterwards)
{
    const store::Job job = {
        .directory = "https://ca.example/directory",
        .names = "a.example, b.example",
        .settings = "ecdsa:256 http-01 dns= profile=",
        .order_url = "https://ca.example/order/1",
        .key_pem = base::Secret("-----BEGIN PRIVATE KEY-----\nx\n"),
        .failures = 4294967295,
        .not_before = kMoment,
        .last_error = "HTTP 403: \"no\", \xe2\x82\xac and \\",
        .last_error_at = kMoment - seconds(60),
        .last_problem = base::Problem{"urn:x", "no", "https://ca/doc",
                                      {{"urn:y", "never", "a.example"}}},
        .challenge = "tls-alpn-01",
        .renew = true,
    };
    const auto text = store::encode(job);
    EXPECT_THAT(std::string(text.reveal()),
                HasSubstr(R"("not_before":"2026-11-23T06:29:18Z")"));
    const auto decoded = store::decode_job(text.reveal());
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->directory, job.directory);
    EXPECT_EQ(decoded->names, job.names);
    EXPECT_EQ(decoded->settings, job.settings);
    EXPECT_EQ(decoded->order_url, job.order_url);
    EXPECT_EQ(decoded->key_pem, job.key_pem);
    EXPECT_EQ(decoded->challenge, job.challenge);
    EXPECT_EQ(decoded->failures, job.failures);
    EXPECT_EQ(decoded->not_before, job.not_before);
    EXPECT_EQ(decoded->last_error, job.last_error);
    EXPECT_EQ(decoded->last_error_at, job.last_error_at);
    ASSERT_TRUE(decoded->last_problem);
    EXPECT_EQ(decoded->last_problem->type, "urn:x");
    EXPECT_EQ(decoded->last_problem->detail, "no");
    EXPECT_EQ(decoded->last_problem->instance, "https://ca/doc");
    ASSERT_EQ(decoded->last_problem->subproblems.size(), 1U);
    EXPECT_EQ(decoded->last_problem->subproblems[0].identifier, "a.example");
    EXPECT_TRUE(decoded->renew);
}

TEST(Records, WhatIsEmptyStaysEmpty)
{
    const auto text = store::encode(store::Job());
    EXPECT_EQ(text.reveal(), R"({"failures":0,"version":1})");
    const auto job = store::decode_job(text.reveal());
    ASSERT_TRUE(job);
    EXPECT_TRUE(job->order_url.empty());
    EXPECT_TRUE(job->key_pem.empty());
    EXPECT_FALSE(job->not_before);
    EXPECT_FALSE(job->last_error_at);
}

TEST(Records, ATimeIsNeverWrittenDownEarlierThanItIs)
{
    store::Job job;
    job.not_before = kMoment + milliseconds(1);
    const auto decoded = store::decode_job(store::encode(job).reveal());
    EXPECT_EQ(decoded->not_before, kMoment + seconds(1));
}

TEST(Records, UnknownMembersArePassedOver)
{
    const auto job = store::decode_job(
        R"({"version":1,"ari":{"next":1},"failures":2})");
    ASSERT_TRUE(job);
    EXPECT_EQ(job->failures, 2U);
}

TEST(Records, TheFirstWrongMemberIsNamed)
{
    const auto job = store::decode_job(
        R"({"version":1,"order_url":[],"failures":"two"})");
    ASSERT_FALSE(job);
    EXPECT_EQ(job.error().kind, base::ErrorKind::storage);
    EXPECT_EQ(job.error().message, "\"order_url\" is not a string");
}

TEST(Records, ALongComplaintIsCutAndABrokenOneMadeText)
{
    store::Job job;
    job.last_error = "\xff\n" + std::string(1'000'000, 'x');
    const auto text = store::encode(job);
    EXPECT_LT(text.size(), 5000U);
    const auto decoded = store::decode_job(text.reveal());
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->last_error.substr(0, 4), "? xx");
}

TEST(Records, ANewerVersionIsToldFromDamage)
{
    EXPECT_TRUE(store::is_of_newer_version(R"({"version":2})"));
    for (const auto* text : {R"({"version":1})", R"({"version":"2"})",
                             R"({"version":-2})", "{}", "[2]", "{", ""})
    {
        EXPECT_FALSE(store::is_of_newer_version(text)) << text;
    }
}

}  // namespace
