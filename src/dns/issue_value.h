// "issuer.example; tag=value; tag=value": how CAA records name a CA and its
// terms (RFC 8659, section 4.2), and the records of dns-persist-01, too.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dns {

struct IssueValue {
    std::string issuer;  // lower case; empty: nobody
    // In their order, tags in lower case; a tag may come twice.
    std::vector<std::pair<std::string, std::string>> parameters;

    // The values of a tag.
    std::vector<std::string> all(std::string_view tag) const;
};

// An Error of kind protocol for what the grammar does not allow.
base::Result<IssueValue> parse_issue_value(std::string_view text);

}  // namespace dns
