// Loop: time for the manager's tests. Timers fire in the order in which they
// are due, and the clock jumps from one to the next; nothing sleeps.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "base/ports.h"

namespace manager_test {

using namespace std::chrono_literals;

constexpr base::Duration kDay = 24h;
constexpr base::Time kStart = std::chrono::sys_days(
    std::chrono::year(2026) / 11 / 23);

class Loop : public base::Clock, public base::Timers {
public:
    // This machine's clock, which may be wrong; timers do not depend on it.
    base::Time now() const override { return true_time() + error_; }
    base::Time true_time() const { return kStart + elapsed_; }
    void step(base::Duration by) { error_ += by; }

    [[nodiscard]] std::unique_ptr<base::Timer> after(
        base::Duration delay, std::function<void()> action) override
    {
        const Key key{elapsed_ + std::max(delay, base::Duration(0)), ++made_};
        pending_.emplace(key, std::move(action));
        return std::make_unique<Entry>(*this, key);
    }

    void run_for(base::Duration duration)
    {
        run_until([] { return false; }, duration);
    }

    // Stops as soon as `done`, at the latest after `limit`; whether it came
    // to that.
    bool run_until(const std::function<bool()>& done,
                   base::Duration limit = 1h)
    {
        const auto end = elapsed_ + limit;
        for (unsigned fired = 0; !done(); ++fired) {
            if (fired == kMaxFired) {
                ADD_FAILURE() << "it does not come to rest";
                return false;
            }
            if (!fire_next(end)) {
                elapsed_ = end;
                return done();
            }
        }
        return true;
    }

private:
    using Key = std::pair<base::Duration, unsigned>;

    struct Entry : base::Timer {
        Entry(Loop& l, Key k) : loop(l), key(k) {}
        ~Entry() override { loop.pending_.erase(key); }

        Loop& loop;
        Key key;
    };

    // A year of ticks every ten minutes is 52,560.
    static constexpr unsigned kMaxFired = 100'000;

    bool fire_next(base::Duration end)
    {
        const auto first = pending_.begin();
        if (first == pending_.end() || first->first.first > end) {
            return false;
        }
        elapsed_ = first->first.first;
        const auto action = std::move(first->second);
        pending_.erase(first);
        action();
        return true;
    }

    base::Duration elapsed_{0};
    base::Duration error_{0};
    unsigned made_ = 0;
    std::map<Key, std::function<void()>> pending_;
};

}  // namespace manager_test
