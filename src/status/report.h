// Report: what one status page shows. Put together by a worker from the
// configuration and shared memory, written out as HTML or JSON.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "status/head.h"

namespace status {

// A DNS record that a person sets once.
struct DnsRecord {
    std::string name;  // with the dot at the end
    std::string type;
    std::string value;
};

// What the configuration says of a certificate.
struct Certificate {
    std::string id;
    std::vector<std::string> names;
    bool served = false;  // by a server here
    std::string issuer;
    std::vector<std::string> key_types;
    std::vector<DnsRecord> records;
};

struct Row {
    const Certificate* certificate;  // never null
    Head head;
};

// How many certificates are in a state, by its value.
using Totals = std::array<std::size_t, std::size(kStates)>;
Totals totals_of(std::span<const Row> rows, base::Time now);

// Which certificates are wanted.
struct Query {
    std::string search;     // part of an id, name, issuer or state; empty: all
    std::size_t page = 1;   // from 1 on; beyond the last one is the last one
    std::size_t size = 50;  // of a page
};

// A part of all rows, the most urgent first.
struct Page {
    std::vector<Row> rows;
    std::size_t number = 1;
    std::size_t pages = 1;
    std::size_t matching = 0;  // on all pages
};
Page select(std::vector<Row> rows, const Query& query, base::Time now);

struct Helper {
    std::int64_t pid = 0;  // 0: none has begun yet
    base::Time since;
    bool alive = false;
};

struct Entry {
    Row row;
    std::string detail;  // a JSON object, see detail.h; empty: none yet
};

struct Report {
    std::string version;  // of the module
    base::Time now;
    Helper helper;
    Totals totals{};
    Query query;
    Page page;                   // its rows are in `entries`
    std::vector<Entry> entries;
    // The path of the acme_api location, which takes commands; empty: none
    // does, and the page has no buttons.
    std::string api;
};

// The contract's JSON (directives.md), "next_page" being the number of the next
// page, if there is one.
std::string to_json(const Report& report);

// A page that stands alone: no other files, works without scripts.
std::string to_html(const Report& report);

// What the page may load and do, as a Content-Security-Policy: nothing but
// its own style and script, by their digests.
const std::string& html_policy();

}  // namespace status
