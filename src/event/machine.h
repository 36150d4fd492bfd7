// The clock, the dice and the log of the helper process.
#pragma once

#include "nginx/ngx.h"

#include "base/ports.h"

namespace event {

class Clock : public base::Clock {
public:
    base::Time now() const override;
};

class Random : public base::Random {
public:
    double uniform() override;
};

// Lines go to the error log as "acme: <line>".
class Log : public base::LogSink {
public:
    void write(base::LogLevel level, std::string_view line) override;
};

}  // namespace event
