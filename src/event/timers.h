// base::Timers on nginx's event loop. Used in the helper process.
#pragma once

#include "nginx/ngx.h"

#include "base/ports.h"

namespace event {

class Timers : public base::Timers {
public:
    [[nodiscard]] std::unique_ptr<base::Timer> after(
        base::Duration delay, std::function<void()> action) override;
};

}  // namespace event
