#include "status/report.h"

#include <algorithm>
#include <tuple>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/identifier.h"
#include "base/text.h"

namespace status {

namespace {

using base::json::Value;

// What needs somebody comes first, what is well last.
int rank(State state)
{
    switch (state) {
    case State::expired:
        return 0;
    case State::failing:
        return 1;
    case State::pending:
        return 2;
    case State::renewing:
        return 3;
    case State::valid:
        break;
    }
    return 4;
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

bool matches(const Row& row, std::string_view part, base::Time now)
{
    const auto& certificate = *row.certificate;
    return contains(certificate.id, part) || contains(certificate.issuer, part)
        || contains(name_of(state_at(row.head, now)), part)
        || std::ranges::any_of(certificate.names, [part](const auto& name) {
               return contains(name, part);
           });
}

void put_time(Value& object, const char* name, std::int64_t seconds)
{
    if (seconds != 0) {
        object[name] =
            base::format_time(base::Time(std::chrono::seconds(seconds)));
    }
}

// The members that the helper wrote are taken over as text.
std::string to_json(const Entry& entry, base::Time now)
{
    const auto& [certificate, head] = entry.row;
    Value object = {{"id", certificate->id},
                    {"names", certificate->names},
                    {"served", certificate->served},
                    {"state", name_of(state_at(head, now))},
                    {"key_types", certificate->key_types},
                    {"next_action", name_of(head.next_action)},
                    {"attempts", head.attempts}};
    // No text within has such quotes, they are escaped there.
    if (entry.detail.find(R"("issuer":)") == std::string::npos) {
        object["issuer"] = certificate->issuer;
    }
    put_time(object, "not_before", head.not_before);
    put_time(object, "not_after", head.not_after);
    put_time(object, "next_at", head.next_at);
    for (const auto& record : certificate->records) {
        object["dns_records"].push_back({{"name", record.name},
                                         {"type", record.type},
                                         {"value", record.value}});
    }
    auto text = base::json::dump(object);
    if (entry.detail.size() <= sizeof("{}") - 1) {
        return text;
    }
    text.pop_back();
    return text + "," + entry.detail.substr(1);
}

}  // namespace

Totals totals_of(std::span<const Row> rows, base::Time now)
{
    Totals totals{};
    for (const auto& row : rows) {
        totals[std::size_t(state_at(row.head, now))]++;
    }
    return totals;
}

Page select(std::vector<Row> rows, const Query& query, base::Time now)
{
    const auto part = base::to_lower(query.search);
    std::erase_if(rows, [&](const Row& row) {
        return !part.empty() && !matches(row, part, now);
    });
    Page page;
    page.matching = rows.size();
    page.pages = std::max<std::size_t>(
        (rows.size() + query.size - 1) / query.size, 1);
    page.number = std::clamp<std::size_t>(query.page, 1, page.pages);
    const auto urgency = [now](const Row& row) {
        return std::tuple(rank(state_at(row.head, now)),
                          share_left(row.head, now),
                          std::string_view(row.certificate->id));
    };
    const auto first = (page.number - 1) * query.size;
    const auto end = std::min(first + query.size, rows.size());
    // Only what stands before the page's end needs an order.
    std::partial_sort(rows.begin(), rows.begin() + std::ptrdiff_t(end),
                      rows.end(), [&](const Row& a, const Row& b) {
                          return urgency(a) < urgency(b);
                      });
    page.rows.assign(rows.begin() + std::ptrdiff_t(first),
                     rows.begin() + std::ptrdiff_t(end));
    return page;
}

std::string to_json(const Report& report)
{
    Value head = {{"version", report.version},
                  {"now", base::format_time(report.now)},
                  {"total", report.page.matching}};
    if (report.helper.pid != 0) {
        head["helper"] = {{"pid", report.helper.pid},
                          {"since", base::format_time(report.helper.since)},
                          {"up", report.helper.alive}};
    }
    Value states = Value::object();
    for (const auto state : kStates) {
        states[std::string(name_of(state))] =
            report.totals[std::size_t(state)];
    }
    head["states"] = std::move(states);
    if (report.page.number < report.page.pages) {
        head["next_page"] = report.page.number + 1;
    }
    auto text = base::json::dump(head);
    text.pop_back();
    text += R"(,"certificates":[)";
    for (const auto& entry : report.entries) {
        if (text.back() != '[') {
            text += ',';
        }
        text += to_json(entry, report.now);
    }
    return text + "]}\n";
}

}  // namespace status
