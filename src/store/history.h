// History: what happened to a certificate, the latest events, as it is kept
// on disk and shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace store {

struct Event {
    base::Time at;
    std::string what;  // "issued", "renewed", "failed", "revoked", ...
    std::string text;  // a sentence
};

// The latest last.
using History = std::vector<Event>;

constexpr std::size_t kMaxEvents = 128;

// Adds an event, and drops the oldest when there are too many.
void append(History& history, Event event);

// {"at", "event", "text"}, printable and bounded.
base::json::Value to_json(const Event& event);

base::Secret encode(const History& history);

// Errors are of kind storage. Events that cannot be read are passed over.
base::Result<History> decode_history(std::string_view text);

}  // namespace store
