// Each single request of an order goes wrong in each way: the order must end
// in a certificate all the same, or, where only newOrder was hit, in one clean
// failure; and the CA must never see more than one order of an Issuance.

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme_script.h"

namespace {

using namespace acme_test;

const std::vector<std::string> kNames = {"a.example", "b.example"};

// A CA small enough to be seen through: two looks at anything suffice.
class Ca {
public:
    int orders = 0;
    int triggers = 0;
    int finalizes = 0;

    http::Response handle(const acme::Send& send)
    {
        if (send.url == kCa + "new-order") {
            ++orders;
            return {201, {{"Location", kCa + "order/1"}}, order()};
        }
        if (send.url == kCa + "order/1") {
            status_ = status_ == "processing" ? "valid" : status_;
            return {200, {}, order()};
        }
        if (send.url == kCa + "finalize/1") {
            return finalize();
        }
        if (send.url == kCa + "cert/1") {
            return {200, {}, "CHAIN"};
        }
        if (send.url.starts_with(kCa + "chall/")) {
            return trigger(index_of(send.url));
        }
        return authorization(index_of(send.url));
    }

private:
    static std::size_t index_of(const std::string& url)
    {
        return std::size_t(url.back() - '0');
    }

    std::string order() const
    {
        return order_json(kNames, status_,
                          status_ == "valid" ? kCertificate : "");
    }

    http::Response finalize()
    {
        ++finalizes;
        if (status_ != "ready") {
            return {403, {}, problem_json("orderNotReady", status_)};
        }
        status_ = "processing";
        return {200, {}, order()};
    }

    http::Response trigger(std::size_t i)
    {
        ++triggers;
        if (challenges_[i] != "pending") {
            return {400, {}, problem_json("malformed", challenges_[i])};
        }
        challenges_[i] = "processing";
        return {200, {}, challenge(i)};
    }

    http::Response authorization(std::size_t i)
    {
        const bool done = challenges_[i] == "valid";
        const auto text = authz_json(kNames[i], done ? "valid" : "pending",
                                     challenge(i));
        if (challenges_[i] == "processing") {
            challenges_[i] = "valid";
        }
        if (challenges_[0] == "valid" && challenges_[1] == "valid"
            && status_ == "pending")
        {
            status_ = "ready";
        }
        return {200, {}, text};
    }

    std::string challenge(std::size_t i) const
    {
        return R"({"type":"http-01","token":"t","status":")" + challenges_[i]
               + "\",\"url\":\"" + kCa + "chall/" + std::to_string(i) + "\"}";
    }

    std::string status_ = "pending";
    std::string challenges_[2] = {"pending", "pending"};
};

enum class Fault {
    lost_before, lost_after, error_before, error_after, html_after,
    rate_limit, bad_nonce
};

constexpr Fault kFaults[] = {
    Fault::lost_before, Fault::lost_after,  Fault::error_before,
    Fault::error_after, Fault::html_after, Fault::rate_limit,
    Fault::bad_nonce,
};

bool reaches_ca(Fault fault)
{
    return fault == Fault::lost_after || fault == Fault::error_after
           || fault == Fault::html_after;
}

// Runs one Issuance to its end; the requests from `first` on, `count` of
// them, meet the fault.
class Attempt {
public:
    Attempt(Fault fault, int first, int count)
        : fault_(fault), first_(first), count_(count)
    {
        push(issuance_.start());
        while (!todo_.empty() && requests_ < 1000) {
            const auto action = todo_.front();
            todo_.pop_front();
            std::visit([this](const auto& a) { perform(a); }, action);
        }
    }

    Ca ca;
    std::optional<acme::Issued> issued;
    std::optional<acme::Failed> failed;
    std::string hit;  // URL of the first request that met the fault
    int presented = 0;

    int requests() const { return requests_; }

private:
    void push(acme::Actions actions)
    {
        for (auto& action : actions) {
            todo_.push_back(std::move(action));
        }
    }

    bool faulty(const acme::Send& send)
    {
        const int number = requests_++;
        if (number < first_ || number >= first_ + count_) {
            return false;
        }
        hit = hit.empty() ? send.url : hit;
        return true;
    }

    void perform(const acme::Send& send)
    {
        if (!faulty(send)) {
            return push(issuance_.on_response(send.exchange, ca.handle(send),
                                              kStart));
        }
        if (reaches_ca(fault_)) {
            ca.handle(send);
        }
        if (fault_ == Fault::lost_before || fault_ == Fault::lost_after) {
            return push(issuance_.on_failure(
                send.exchange, {base::ErrorKind::network, "reset"}, kStart));
        }
        push(issuance_.on_response(send.exchange, answer(), kStart));
    }

    http::Response answer() const
    {
        switch (fault_) {
        case Fault::rate_limit:
            return {429, {{"Retry-After", "1"}}, ""};
        case Fault::bad_nonce:
            return {400, {}, problem_json("badNonce", "x")};
        case Fault::html_after:
            return {502, {}, "<html>"};
        default:
            return {500, {}, problem_json("serverInternal", "x")};
        }
    }

    void perform(const acme::Wait& wait)
    {
        push(issuance_.on_elapsed(wait.exchange));
    }
    void perform(const acme::Present& present)
    {
        ++presented;
        push(issuance_.on_presented(present.exchange, base::ok()));
    }
    void perform(const acme::Withdraw&) { --presented; }
    void perform(const acme::Remember&) {}
    void perform(const acme::Forget&) {}
    void perform(const acme::Discard&) {}
    void perform(const acme::Warn&) {}
    void perform(const acme::Issued& last) { issued = last; }
    void perform(const acme::Failed& last) { failed = last; }

    acme::Issuance issuance_{
        {{identifiers(kNames), "", ""}, false, "CSR", kCa + "new-order", "", {"http-01"}}};
    std::deque<acme::Action> todo_;
    Fault fault_;
    int first_;
    int count_;
    int requests_ = 0;
};

TEST(AcmeFaults, NoneIsTheShortestWay)
{
    const Attempt attempt(Fault::lost_before, 0, 0);
    ASSERT_TRUE(attempt.issued);
    EXPECT_EQ(attempt.issued->chains, std::vector<std::string>{"CHAIN"});
    // newOrder, twice (look, trigger, 2 looks), finalize, look, certificate.
    EXPECT_EQ(attempt.requests(), 12);
    EXPECT_EQ(attempt.ca.triggers, 2);
    EXPECT_EQ(attempt.ca.finalizes, 1);
    EXPECT_EQ(attempt.presented, 0);
}

TEST(AcmeFaults, OneAtEachRequestStillEndsInACertificate)
{
    const int total = Attempt(Fault::lost_before, 0, 0).requests();
    for (const Fault fault : kFaults) {
        for (int at = 1; at < total; ++at) {
            const Attempt attempt(fault, at, 1);
            SCOPED_TRACE(attempt.hit + " fault " + std::to_string(int(fault)));
            EXPECT_TRUE(attempt.issued)
                << (attempt.failed ? attempt.failed->error.message : "no end");
            EXPECT_EQ(attempt.ca.orders, 1);
            EXPECT_LE(attempt.requests(), total + 3);
            EXPECT_EQ(attempt.presented, 0) << "nothing is left presented";
        }
    }
}

TEST(AcmeFaults, OfNewOrderAreFailuresWithoutASecondOrder)
{
    for (const Fault fault : kFaults) {
        const Attempt attempt(fault, 0, 1);
        ASSERT_TRUE(attempt.failed);
        EXPECT_FALSE(attempt.failed->order_usable);
        EXPECT_EQ(attempt.requests(), 1);
    }
}

TEST(AcmeFaults, ThatStayEndInAFailureThatKeepsTheOrder)
{
    const int total = Attempt(Fault::lost_before, 0, 0).requests();
    for (const Fault fault : kFaults) {
        for (int at = 1; at < total; ++at) {
            const Attempt attempt(fault, at, 1000);
            SCOPED_TRACE(attempt.hit + " fault " + std::to_string(int(fault)));
            ASSERT_TRUE(attempt.failed);
            EXPECT_TRUE(attempt.failed->order_usable);
            EXPECT_EQ(attempt.ca.orders, 1);
            EXPECT_LE(attempt.requests(), at + 15);
            EXPECT_EQ(attempt.presented, 0);
        }
    }
}

TEST(AcmeFaults, OfThreeRequestsInARowAreOvercome)
{
    const int total = Attempt(Fault::lost_before, 0, 0).requests();
    for (const Fault fault : kFaults) {
        for (int at = 1; at < total; ++at) {
            const Attempt attempt(fault, at, 3);
            SCOPED_TRACE(attempt.hit + " fault " + std::to_string(int(fault)));
            EXPECT_TRUE(attempt.issued)
                << (attempt.failed ? attempt.failed->error.message : "no end");
            EXPECT_EQ(attempt.ca.orders, 1);
        }
    }
}

}  // namespace
