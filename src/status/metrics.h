// Metrics: what a Prometheus server is given (text format 0.0.4).
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "status/counts.h"
#include "status/report.h"

namespace status {

struct Metrics {
    base::Time now;
    Helper helper;
    std::vector<Row> rows;
    std::vector<std::pair<std::string, IssuerCounts>> issuers;  // by name
    WorkerCounts counts{};
};

// Of a certificate's states only the one it is in has a sample: five for each
// would be most of the text.
std::string to_prometheus(const Metrics& metrics);

}  // namespace status
