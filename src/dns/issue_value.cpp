#include "dns/issue_value.h"

#include <algorithm>

#include "base/identifier.h"

namespace dns {

namespace {

base::Error malformed(const char* why)
{
    return {base::ErrorKind::protocol, why};
}

std::string_view trimmed(std::string_view text)
{
    constexpr const char* kBlank = " \t";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z');
}

// A label or a tag: no hyphen at its ends.
bool is_word(std::string_view text)
{
    return !text.empty() && text.front() != '-' && text.back() != '-'
        && std::ranges::all_of(
               text, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_domain(std::string_view text)
{
    for (;;) {
        const auto dot = text.find('.');
        if (!is_word(text.substr(0, dot))) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(dot + 1);
    }
}

// What is printed, but for ";".
bool is_value(std::string_view text)
{
    return std::ranges::all_of(
        text, [](char c) { return c > ' ' && c < 127 && c != ';'; });
}

base::Status add_parameter(std::string_view text, IssueValue& value)
{
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
        return malformed("a parameter has no \"=\"");
    }
    const auto tag = trimmed(text.substr(0, equals));
    const auto content = trimmed(text.substr(equals + 1));
    if (!is_word(tag) || !is_value(content)) {
        return malformed("a parameter is malformed");
    }
    value.parameters.emplace_back(base::to_lower(tag), content);
    return base::ok();
}

}  // namespace

std::vector<std::string> IssueValue::all(std::string_view tag) const
{
    std::vector<std::string> values;
    for (const auto& [name, value] : parameters) {
        if (name == tag) {
            values.push_back(value);
        }
    }
    return values;
}

base::Result<IssueValue> parse_issue_value(std::string_view text)
{
    IssueValue value;
    auto semicolon = text.find(';');
    const auto issuer = trimmed(text.substr(0, semicolon));
    if (!issuer.empty() && !is_domain(issuer)) {
        return malformed("the issuer is no domain name");
    }
    value.issuer = base::to_lower(issuer);
    if (semicolon == std::string_view::npos
        || trimmed(text.substr(semicolon + 1)).empty())
    {
        return value;
    }
    while (semicolon != std::string_view::npos) {
        text.remove_prefix(semicolon + 1);
        semicolon = text.find(';');
        if (auto status = add_parameter(text.substr(0, semicolon), value);
            !status)
        {
            return status.error();
        }
    }
    return value;
}

}  // namespace dns
