// What the status shows: which certificates, in what order, and their JSON.
#include "status/report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "status/detail.h"

namespace {

using namespace status;
using std::chrono::hours;
using std::chrono::seconds;

const base::Time kNow{seconds(1'800'000'000)};
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kSeconds = 1'800'000'000;

class StatusReport : public testing::Test {
protected:
    StatusReport() { certificates_.reserve(1000); }

    // Its lifetime is 90 days, of which so many are left.
    void add(const std::string& id, State state, std::int64_t days_left)
    {
        Certificate certificate;
        certificate.id = id;
        certificate.names = {id, "www." + id};
        certificate.issuer = "letsencrypt";
        certificates_.push_back(certificate);
        Head head;
        head.state = state;
        head.not_after = kSeconds + days_left * kDay;
        head.not_before = head.not_after - 90 * kDay;
        rows_.push_back({&certificates_.back(), head});
    }

    std::vector<std::string> ids(const Query& query)
    {
        std::vector<std::string> found;
        page_ = select(rows_, query, kNow);
        for (const auto& row : page_.rows) {
            found.push_back(row.certificate->id);
        }
        return found;
    }

    std::vector<Certificate> certificates_;
    std::vector<Row> rows_;
    Page page_;
};

using Ids = std::vector<std::string>;

TEST_F(StatusReport, TheMostUrgentComeFirst)
{
    add("young", State::valid, 80);
    add("old", State::valid, 10);
    add("failing", State::failing, 50);
    add("renewing", State::renewing, 5);
    add("gone", State::expired, -1);
    rows_.push_back({rows_[0].certificate, Head{}});  // pending
    EXPECT_EQ(ids({}), (Ids{"gone", "failing", "young", "renewing", "old",
                            "young"}));
}

TEST_F(StatusReport, WhatHasEndedIsExpired)
{
    add("a.example", State::valid, -1);
    EXPECT_EQ(state_at(rows_[0].head, kNow), State::expired);
    EXPECT_EQ(totals_of(rows_, kNow)[std::size_t(State::expired)], 1U);
    EXPECT_EQ(ids({"expired"}), Ids{"a.example"});
}

TEST_F(StatusReport, SearchesNamesStatesAndIssuers)
{
    add("a.example", State::valid, 80);
    add("b.example", State::failing, 80);
    EXPECT_EQ(ids({"WWW.A"}), Ids{"a.example"});
    EXPECT_EQ(ids({"failing"}), Ids{"b.example"});
    EXPECT_EQ(ids({"letsencrypt"}).size(), 2U);
    EXPECT_EQ(ids({"nothing"}), Ids{});
    EXPECT_EQ(page_.pages, 1U);
    EXPECT_EQ(page_.matching, 0U);
}

TEST_F(StatusReport, ComesInPages)
{
    for (int i = 0; i < 101; i++) {
        add("c" + std::to_string(1000 + i), State::valid, 80);
    }
    EXPECT_EQ(ids({"", 1, 50}).front(), "c1000");
    EXPECT_EQ(page_.pages, 3U);
    EXPECT_EQ(page_.matching, 101U);
    EXPECT_EQ(ids({"", 3, 50}), Ids{"c1100"});
    EXPECT_EQ(ids({"", 99, 50}), Ids{"c1100"});
    EXPECT_EQ(page_.number, 3U);
}

TEST_F(StatusReport, ItsJsonHasWhatTheHelperWrote)
{
    add("a.example", State::valid, 80);
    Report report;
    report.version = "1";
    report.now = kNow;
    report.page = select(rows_, report.query, kNow);
    Detail detail;
    detail.serial = "0a";
    report.entries = {{rows_[0], encode(detail, 4000)}};
    const auto json = nlohmann::json::parse(to_json(report));
    EXPECT_EQ(json["total"], 1);
    EXPECT_EQ(json["certificates"][0]["id"], "a.example");
    EXPECT_EQ(json["certificates"][0]["serial"], "0a");
    EXPECT_EQ(json["certificates"][0]["state"], "valid");
    EXPECT_FALSE(json.contains("next_page"));
    EXPECT_FALSE(json.contains("helper"));
}

TEST_F(StatusReport, ItsJsonStandsWithoutDetails)
{
    add("a.example", State::pending, 80);
    add("b.example", State::pending, 80);
    Report report;
    report.now = kNow;
    report.page.pages = 2;
    report.entries = {{rows_[0], ""}, {rows_[1], "{}"}};
    const auto json = nlohmann::json::parse(to_json(report));
    EXPECT_EQ(json["certificates"].size(), 2U);
    EXPECT_EQ(json["next_page"], 2);
}

TEST(StatusDetail, FitsItsLimit)
{
    Detail detail;
    detail.serial = "0a";
    detail.last_error = Remark{kNow, "it failed", base::Problem{}};
    detail.last_error->problem->detail = std::string(900, 'x');
    detail.history.assign(
        128, {kNow, "failed", "for a reason that takes a line to tell"});
    for (const std::size_t limit : {32'000, 4000, 1984, 900}) {
        const auto text = encode(detail, limit);
        const auto json = nlohmann::json::parse(text);
        EXPECT_LE(text.size(), limit);
        EXPECT_EQ(json["serial"], "0a");
        EXPECT_GT(json["history"].size(), 3U);
        EXPECT_FALSE(json["last_error"]["detail"].empty());
    }
    const auto least = nlohmann::json::parse(encode(detail, 2));
    EXPECT_EQ(least["last_error"]["detail"], "it failed");
    EXPECT_FALSE(least.contains("serial"));
    EXPECT_EQ(nlohmann::json::parse(encode(detail, 32'000))["history"].size(),
              128U);
}

TEST(StatusDetail, ASentenceIsTheDetailWhereTheCaSaidNothing)
{
    Detail detail;
    detail.last_error = Remark{kNow, "connection refused"};
    const auto json = nlohmann::json::parse(encode(detail, 4000));
    EXPECT_EQ(json["last_error"]["detail"], "connection refused");
    EXPECT_FALSE(json["last_error"].contains("type"));
}

}  // namespace
