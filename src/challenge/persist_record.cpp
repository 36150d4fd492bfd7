#include "challenge/persist_record.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/identifier.h"
#include "base/text.h"
#include "dns/issue_value.h"

namespace challenge {

namespace {

using Until = std::optional<base::Time>;

base::Error wrong(const std::string& why)
{
    return {base::ErrorKind::protocol, why};
}

bool is_one_of(const std::string& text, const std::vector<std::string>& all)
{
    return std::ranges::find(all, text) != all.end();
}

// The value of a tag that stands at most once; CAs take a record in which one
// is repeated, or empty, for damaged.
base::Result<std::string> single(const dns::IssueValue& record,
                                 const char* tag)
{
    const auto values = record.all(tag);
    if (values.size() > 1 || (values.size() == 1 && values[0].empty())) {
        return wrong(std::string("there is one whose \"") + tag
                     + "\" is empty or repeated");
    }
    return values.empty() ? std::string() : values.front();
}

// Seconds since the epoch.
std::optional<base::Time> parse_seconds(const std::string& text)
{
    std::int64_t seconds = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, seconds);
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max() / 1000;
    if (error != std::errc() || at != end || seconds < 0 || seconds > kMost) {
        return std::nullopt;
    }
    return base::Time(std::chrono::seconds(seconds));
}

base::Result<Until> judge_until(const std::string& text, base::Time now)
{
    if (text.empty()) {
        return Until();
    }
    const auto until = parse_seconds(text);
    if (!until) {
        return wrong("there is one whose \"persistUntil\" is no time");
    }
    if (*until <= now) {
        return wrong("there is one that ended at "
                     + base::format_time(*until));
    }
    return until;
}

base::Result<Until> judge(const dns::IssueValue& record,
                          const PersistTerms& terms, base::Time now)
{
    const auto account = single(record, "accounturi");
    const auto policy = single(record, "policy");
    const auto until = single(record, "persistuntil");
    for (const auto* each : {&account, &policy, &until}) {
        if (!*each) {
            return each->error();
        }
    }
    if (!is_one_of(*account, terms.accounts)) {
        return wrong("there is one for another account, "
                     + base::printable(*account, 256));
    }
    if (terms.wildcard && base::to_lower(*policy) != "wildcard") {
        return wrong("there is one without \"policy=wildcard\"");
    }
    return judge_until(*until, now);
}

}  // namespace

std::string persist_record(const PersistTerms& terms)
{
    return terms.issuers.front() + "; accounturi=" + terms.accounts.front()
        + (terms.wildcard ? "; policy=wildcard" : "");
}

base::Result<Until> judge_persist_records(
    const std::vector<std::string>& values, const PersistTerms& terms,
    base::Time now)
{
    auto error = wrong("there is none for this CA");
    for (const auto& value : values) {
        const auto record = dns::parse_issue_value(value);
        if (!record || !is_one_of(record->issuer, terms.issuers)) {
            continue;
        }
        auto until = judge(*record, terms, now);
        if (until) {
            return until;
        }
        error = std::move(until.error());
    }
    return error;
}

}  // namespace challenge
