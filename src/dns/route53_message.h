// The few XML messages of Route 53's API (version 2013-04-01) that are needed
// to change one TXT record set.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dns {

struct TxtSet {
    std::string name;   // no dot at the end
    unsigned ttl = 60;  // s
    // As Route 53 has them: in quotes.
    std::vector<std::string> values = {};
};

// A digest as a value of such a set.
std::string txt_value(std::string_view digest);

// Of the answer to ListHostedZonesByName, which starts at the name and goes
// on: the id of the public zone of exactly that name; nothing when there is
// none. Several are an Error: which one the world asks cannot be told.
base::Result<std::optional<std::string>> read_zone_id(std::string_view xml,
                                                      std::string_view name);

// Of the answer to ListResourceRecordSets, likewise; an empty set when there
// is none. One that is more than values (an alias, a routing policy) is an
// Error: it cannot be changed without understanding it.
base::Result<TxtSet> read_txt_set(std::string_view xml,
                                  const std::string& name);

enum class Action { upsert, erase };
std::string encode_change(Action action, const TxtSet& set);

struct Change {
    std::string id;  // without "/change/"
    bool in_sync = false;
};

// Of the answers to ChangeResourceRecordSets and GetChange.
base::Result<Change> read_change(std::string_view xml);

// An id as Route 53 gives them, with or without a path before it; empty when
// it is none. What comes of it may stand in a URL.
std::string route53_id(std::string_view text);

}  // namespace dns
