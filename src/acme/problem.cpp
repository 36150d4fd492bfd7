#include "acme/problem.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

#include "acme/codec.h"
#include "base/text.h"
#include "http/retry_after.h"

namespace acme {

namespace {

constexpr std::string_view kPrefix = "urn:ietf:params:acme:error:";
constexpr std::size_t kMaxMessage = 1200;

// Types that only a person can do something about (design.md, section 7).
constexpr std::string_view kRefusals[] = {
    "rejectedIdentifier", "unsupportedIdentifier", "caa", "invalidProfile",
    "userActionRequired", "agreementRequired", "externalAccountRequired",
    "badCSR", "badPublicKey", "badSignatureAlgorithm", "invalidContact",
    "unsupportedContact", "accountDoesNotExist",
};

std::string_view short_type(std::string_view type)
{
    if (type.starts_with(kPrefix)) {
        type.remove_prefix(kPrefix.size());
    }
    return type;
}

bool is_refusal(std::string_view type)
{
    return type.starts_with(kPrefix)
           && std::ranges::find(kRefusals, short_type(type))
                  != std::end(kRefusals);
}

void append(std::string& text, std::string_view separator,
            std::string_view more)
{
    if (!text.empty() && !more.empty()) {
        text += separator;
    }
    text += more;
}

std::string describe(const Subproblem& subproblem)
{
    std::string text(short_type(subproblem.type));
    append(text, " - ", subproblem.detail);
    if (subproblem.identifier.empty()) {
        return text;
    }
    return subproblem.identifier + ": " + text;
}

std::string describe(const Problem& problem)
{
    std::string text = problem.type;
    append(text, " - ", problem.detail);
    std::string more;
    for (const auto& subproblem : problem.subproblems) {
        append(more, "; ", describe(subproblem));
    }
    if (!problem.instance.empty()) {
        append(more, "; ", "see " + problem.instance);
    }
    if (!more.empty()) {
        text += " (" + more + ")";
    }
    return text;
}

base::ErrorKind kind_of(const Problem& problem)
{
    if (is(problem, "rateLimited")) {
        return base::ErrorKind::rate_limited;
    }
    const auto refused = [](const Subproblem& subproblem) {
        return is_refusal(subproblem.type);
    };
    if (is_refusal(problem.type)
        || std::ranges::any_of(problem.subproblems, refused))
    {
        return base::ErrorKind::refused;
    }
    return base::ErrorKind::protocol;
}

base::ErrorKind kind_of(const http::Response& response,
                        const std::optional<Problem>& problem, bool told_when)
{
    if (response.status == 429 || (response.status == 503 && told_when)) {
        return base::ErrorKind::rate_limited;
    }
    if (!problem) {
        return base::ErrorKind::protocol;
    }
    // Said of a request it is the account that may not act; said of a
    // challenge it is a validation that failed, which a later one may mend.
    if (is(*problem, "unauthorized")) {
        return base::ErrorKind::refused;
    }
    return kind_of(*problem);
}

// What follows `words`, in any case.
std::optional<std::string> text_after(const std::string& text,
                                      std::string_view words)
{
    const auto at = base::to_lower(text).find(words);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    return text.substr(at + words.size());
}

// Google: "... Try again in 12.47s".
std::optional<base::Time> try_again_in(const std::string& detail,
                                       base::Time now)
{
    const auto rest = text_after(detail, "try again in ");
    if (!rest) {
        return std::nullopt;
    }
    char* end = nullptr;
    const double seconds = std::strtod(rest->c_str(), &end);
    if (end == rest->c_str() || *end != 's' || !(seconds >= 0)) {
        return std::nullopt;
    }
    const auto longest = std::chrono::duration<double>(http::kMaxRetryAfter);
    const auto delay = std::min(std::chrono::duration<double>(seconds),
                                longest);
    return now + std::chrono::ceil<base::Duration>(delay);
}

// Let's Encrypt: "... retry after 2026-11-23 06:29:18 UTC: see https://...".
std::optional<base::Time> retry_after_date(const std::string& detail,
                                           base::Time now)
{
    auto date = text_after(detail, "retry after ");
    if (!date || date->size() < 19) {
        return std::nullopt;
    }
    date->resize(19);
    const auto moment = base::parse_time(*date + "Z");
    if (!moment) {
        return std::nullopt;
    }
    return std::clamp(*moment, now, now + http::kMaxRetryAfter);
}

// The moment told in a rate limit's own words when the header is missing.
std::optional<base::Time> moment_told(const Problem& problem, base::Time now)
{
    if (const auto moment = try_again_in(problem.detail, now)) {
        return moment;
    }
    if (const auto moment = retry_after_date(problem.detail, now)) {
        return moment;
    }
    // A paused account: a person has to visit the page that is named.
    if (problem.detail.find("https://") != std::string::npos
        || !problem.instance.empty())
    {
        return now + std::chrono::hours(24);
    }
    return std::nullopt;
}

std::string describe(const http::Response& response,
                     const std::optional<Problem>& problem)
{
    std::string text = "HTTP " + std::to_string(response.status);
    if (problem) {
        return text + " " + describe(*problem);
    }
    const auto type = http::find_header(response, "Content-Type");
    if (type && !response.body.empty()) {
        text += " (" + *type + ")";
    }
    return text + " without a problem document";
}

}  // namespace

bool is(const Problem& problem, const char* name)
{
    return problem.type.starts_with(kPrefix)
           && short_type(problem.type) == name;
}

std::optional<Problem> problem_of(const http::Response& response)
{
    // A challenge has a "type", too.
    if (response.success()) {
        return std::nullopt;
    }
    return decode_problem(response.body);
}

bool is_transient(const http::Response& response)
{
    if (response.status >= 500 || response.status == 429
        || response.status == 408)
    {
        return true;
    }
    const auto problem = problem_of(response);
    return problem && is(*problem, "badNonce");
}

bool is_problem(const http::Response& response, const char* name)
{
    const auto problem = problem_of(response);
    return problem && is(*problem, name);
}

base::Error error_of(const http::Response& response, base::Time now)
{
    const auto problem = problem_of(response);
    auto retry_at = http::retry_after(response, now);
    const auto kind = kind_of(response, problem, retry_at.has_value());
    if (!retry_at && problem && kind == base::ErrorKind::rate_limited) {
        retry_at = moment_told(*problem, now);
    }
    return {kind, base::printable(describe(response, problem), kMaxMessage),
            retry_at,
            problem ? std::make_shared<const Problem>(*problem) : nullptr};
}

base::Error error_of(const Problem& problem)
{
    return {kind_of(problem),
            base::printable(describe(problem), kMaxMessage), std::nullopt,
            std::make_shared<const Problem>(problem)};
}

}  // namespace acme
