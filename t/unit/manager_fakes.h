// The rest of what the manager is given in its tests: a client whose requests
// take ten milliseconds each way, a lock, a solver, a log and a sink that
// remember.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "challenge/solver.h"
#include "http/client.h"
#include "manager/ports.h"
#include "manager_ca.h"

namespace manager_test {

class Client : public http::Client {
public:
    Client(Loop& loop, AcmeCa& ca) : loop_(loop), ca_(ca) {}

    void send(http::Request request, http::Completion completion) override
    {
        auto& timer = timers_[++sent_];
        timer = loop_.after(10ms, [this, id = sent_, request, completion] {
            answer(id, ca_.handle(request), completion);
        });
    }

private:
    void answer(unsigned id, Answer answer, http::Completion completion)
    {
        timers_[id] = loop_.after(10ms, [this, id, answer, completion] {
            timers_.erase(id);
            completion(answer);
        });
    }

    Loop& loop_;
    AcmeCa& ca_;
    unsigned sent_ = 0;
    std::map<unsigned, std::unique_ptr<base::Timer>> timers_;
};

class Solver : public challenge::Solver {
public:
    explicit Solver(Board& board) : board_(board) {}

    std::string_view type() const override { return "http-01"; }

    void present(const challenge::Proof& proof, Presented presented) override
    {
        board_[proof.token] = proof.key_authorization;
        presented(base::ok());
    }

    void clean_up(const challenge::Proof& proof) override
    {
        board_.erase(proof.token);
    }

    void clean_up_all() override { board_.clear(); }

    // What a look from outside finds.
    base::Status outside = base::ok();
    unsigned preflights = 0;

    void preflight(const challenge::Proof&, Presented done) override
    {
        preflights++;
        done(outside);
    }

private:
    Board& board_;
};

class Lock : public store::Lock {
public:
    bool held_by_another = false;

    base::Result<bool> try_acquire() override { return !held_by_another; }
};

class Random : public base::Random {
public:
    double value = 0;
    double uniform() override { return value; }
};

class Log : public base::LogSink {
public:
    struct Line {
        base::LogLevel level;
        std::string text;
    };
    std::vector<Line> lines;

    void write(base::LogLevel level, std::string_view line) override
    {
        lines.push_back({level, std::string(line)});
    }

    std::size_t count(base::LogLevel level, std::string_view text = "") const
    {
        return std::size_t(std::ranges::count_if(lines, [&](const auto& l) {
            return l.level == level
                && l.text.find(text) != std::string::npos;
        }));
    }

    // All of it, for a test that failed.
    std::string text() const
    {
        std::string all;
        for (const auto& line : lines) {
            all += std::to_string(int(line.level)) + " " + line.text + "\n";
        }
        return all;
    }
};

class StatusBoard : public manager::StatusBoard {
public:
    std::map<std::string, status::Head> heads;
    std::map<std::string, status::Detail> details;
    std::map<std::string, status::IssuerCounts> counts;

    void publish(const std::string& id, const status::Head& head,
                 const status::Detail& detail) override
    {
        heads[id] = head;
        details[id] = detail;
    }

    void publish(const std::string& issuer,
                 const status::IssuerCounts& all) override
    {
        counts[issuer] = all;
    }

    status::IssuerCounts counts_of(const std::string& issuer) override
    {
        return counts[issuer];
    }
};

class Commands : public manager::CommandQueue {
public:
    std::vector<manager::Command> queued;

    bool add(const manager::Command& command) override
    {
        generation_++;
        queued.push_back(command);
        return true;
    }

    unsigned long long generation() override { return generation_; }

    std::vector<manager::Command> all() override { return queued; }

    void remove(const manager::Command& command) override
    {
        std::erase(queued, command);
    }

private:
    unsigned long long generation_ = 1;
};

class Sink : public manager::CertificateSink {
public:
    bool full = false;
    std::map<std::string, base::Secret> served;
    std::vector<std::string> published;  // ids, in their order
    std::vector<std::string> retained;

    base::Status publish(const std::string& id,
                         const base::Secret& bundle) override
    {
        if (full) {
            return base::Error{base::ErrorKind::internal, "the zone is full"};
        }
        published.push_back(id);
        served[id] = bundle;
        return base::ok();
    }

    std::optional<base::Secret> current(const std::string& id) override
    {
        const auto found = served.find(id);
        return found == served.end() ? std::nullopt
                                     : std::optional(found->second);
    }

    std::map<std::string, manager::Staple> staples;

    base::Status publish(const std::string& id,
                         const manager::Staple& staple) override
    {
        staples[id] = staple;
        return base::ok();
    }

    void retain(const std::vector<std::string>& ids) override
    {
        retained = ids;
    }
};

}  // namespace manager_test
