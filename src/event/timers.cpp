#include "event/timers.h"

#include <algorithm>

#include "nginx/guarded.h"

namespace event {

namespace {

class NginxTimer : public base::Timer {
public:
    NginxTimer(base::Duration delay, std::function<void()> action)
        : action_(std::move(action))
    {
        event_.data = this;
        event_.handler = on_timer;
        event_.log = ngx_cycle->log;
        // It must not keep a process alive that is shutting down.
        event_.cancelable = 1;
        constexpr base::Duration::rep longest = NGX_MAX_INT32_VALUE;
        ngx_add_timer(&event_, static_cast<ngx_msec_t>(std::clamp<
                          base::Duration::rep>(delay.count(), 0, longest)));
    }

    ~NginxTimer() override
    {
        if (event_.timer_set) {
            ngx_del_timer(&event_);
        }
    }

    NginxTimer(const NginxTimer&) = delete;
    NginxTimer& operator=(const NginxTimer&) = delete;

private:
    static void on_timer(ngx_event_t* event) noexcept
    {
        nginx::guarded(event->log, [event] {
            // The action may destroy this timer.
            auto action = std::move(
                static_cast<NginxTimer*>(event->data)->action_);
            action();
        });
    }

    ngx_event_t event_{};
    std::function<void()> action_;
};

}  // namespace

std::unique_ptr<base::Timer> Timers::after(base::Duration delay,
                                           std::function<void()> action)
{
    return std::make_unique<NginxTimer>(delay, std::move(action));
}

}  // namespace event
