// A certificate of the status page: one line, which unfolds.
#pragma once

#include <string>

#include "status/report.h"

namespace status {

std::string html_of(const Entry& entry, const Report& report);

}  // namespace status
