// Problem: a complaint in the words of who made it (RFC 7807). What its types
// mean is known by acme/problem.h; here it is carried along and shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace base {

struct Subproblem {
    std::string type;
    std::string detail;
    std::string identifier;  // value, may be empty
};

struct Problem {
    std::string type;  // full URN, empty when none was given
    std::string detail;
    std::string instance;  // URL a person may have to visit
    std::vector<Subproblem> subproblems;
};

// As it is stored and shown: {"type", "detail", "url", "subproblems": [{"type",
// "detail", "identifier"}]}, printable and bounded, empty members left out.
json::Value encode(const Problem& problem);
Problem decode_problem(const json::Value& object);

}  // namespace base
