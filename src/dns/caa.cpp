#include "dns/caa.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/text.h"
#include "dns/answers.h"
#include "dns/issue_value.h"

namespace dns {

namespace {

constexpr std::size_t kShown = 256;  // bytes of what a record says

using base::Status;
using Values = std::vector<std::string>;

// --- where it is -----------------------------------------------------------

// Those at the end of an alias count for the name.
std::vector<Caa> records_in(const Message& message)
{
    std::vector<Caa> records;
    for (const auto& record : message.answers) {
        if (auto caa = read_caa(record)) {
            records.push_back(*std::move(caa));
        }
    }
    return records;
}

void climb(Resolver& resolver, const Name& name, const Name& candidate,
           const CaaFound& found)
{
    ask(resolver, candidate, Type::caa, [=, &resolver](Answer answer) {
        if (!answer) {
            found(std::move(answer).error_in(
                "the CAA record of " + candidate.to_text()
                + " cannot be looked up, and a CA will not issue without"));
            return;
        }
        auto records = records_in(*answer);
        const auto parent = candidate.parent();
        if (!records.empty() || parent.is_root()) {
            found(CaaSet{candidate, std::move(records)});
        } else {
            climb(resolver, name, parent, found);
        }
    });
}

// --- what it says ----------------------------------------------------------

bool contains(const Values& all, const std::string& value)
{
    return std::ranges::find(all, value) != all.end();
}

std::string shown(const std::string& text)
{
    return base::printable(text, kShown);
}

Values split(const std::string& list)
{
    Values parts;
    std::size_t from = 0;
    for (;;) {
        const auto comma = list.find(',', from);
        parts.push_back(list.substr(from, comma - from));
        if (comma == std::string::npos) {
            return parts;
        }
        from = comma + 1;
    }
}

base::Error refused(const CaaSet& set, const std::string& why)
{
    return {base::ErrorKind::refused,
            "the CAA record of " + set.name.to_text() + " " + why};
}

// The terms of a record that names our CA. A parameter that stands twice
// cannot be met (RFC 8657, section 3 and 4).
Status judge_terms(const CaaSet& set, const IssueValue& value,
                   const CaaRequest& request)
{
    const auto accounts = value.all("accounturi");
    if (!accounts.empty() && accounts != Values{request.account}) {
        return refused(set, "lets " + value.issuer + " issue to the account "
                                + shown(accounts.front()) + " alone: this is "
                                + shown(request.account));
    }
    const auto methods = value.all("validationmethods");
    if (!methods.empty()
        && (methods.size() > 1
            || !contains(split(methods.front()), request.method)))
    {
        return refused(set, "lets " + value.issuer + " issue by "
                                + shown(methods.front()) + " alone, not by "
                                + request.method);
    }
    return base::ok();
}

// The property that counts: for a wildcard its own, if there is one.
const char* property(const CaaSet& set, const base::Identifier& identifier)
{
    const bool has_wild =
        std::ranges::find(set.records, "issuewild", &Caa::tag)
        != set.records.end();
    return identifier.wildcard() && has_wild ? "issuewild" : "issue";
}

Status check_critical(const CaaSet& set)
{
    constexpr const char* kKnown[] = {"issue", "issuewild", "issuemail",
                                      "issuevmc", "iodef", "contactemail",
                                      "contactphone"};
    for (const auto& record : set.records) {
        if (record.critical
            && std::ranges::find(kKnown, record.tag) == std::end(kKnown))
        {
            return refused(set, "has the critical property \""
                                    + shown(record.tag)
                                    + "\", which CAs do not know: remove it");
        }
    }
    return base::ok();
}

// What cannot be read lets nobody issue (RFC 8659, section 4.2).
std::vector<IssueValue> values_of(const CaaSet& set, const char* tag)
{
    std::vector<IssueValue> values;
    for (const auto& record : set.records) {
        if (record.tag == tag) {
            auto value = parse_issue_value(record.value);
            values.push_back(value ? *std::move(value) : IssueValue());
        }
    }
    return values;
}

bool is_issuer(const CaaRequest& request, const IssueValue& value)
{
    return std::ranges::any_of(request.issuers, [&](const auto& issuer) {
        return base::to_lower(issuer) == value.issuer;
    });
}

base::Error nobody(const CaaSet& set, const CaaRequest& request,
                   const char* tag, const std::vector<IssueValue>& values)
{
    std::string list;
    for (const auto& [issuer, parameters] : values) {
        if (!issuer.empty()) {
            list += (list.empty() ? "" : ", ") + issuer;
        }
    }
    return refused(set, "lets " + (list.empty() ? "nobody" : shown(list))
                            + " issue for " + request.identifier.value
                            + ": add the record 0 " + tag + " \""
                            + shown(request.issuers.front())
                            + "\", or remove it");
}

}  // namespace

void find_caa(Resolver& resolver, const Name& name, const CaaFound& found)
{
    climb(resolver, name, name, found);
}

base::Status judge_caa(const CaaSet& set, const CaaRequest& request)
{
    if (request.issuers.empty()) {
        return base::ok();
    }
    if (auto status = check_critical(set); !status) {
        return status;
    }
    const auto* tag = property(set, request.identifier);
    const auto values = values_of(set, tag);
    if (values.empty()) {
        return base::ok();
    }
    std::optional<base::Error> terms;
    for (const auto& value : values) {
        if (!is_issuer(request, value)) {
            continue;
        }
        auto status = judge_terms(set, value, request);
        if (status) {
            return status;
        }
        terms = std::move(status.error());
    }
    return terms ? *terms : nobody(set, request, tag, values);
}

}  // namespace dns
