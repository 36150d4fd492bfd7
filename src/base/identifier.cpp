#include "base/identifier.h"

#include <arpa/inet.h>

#include <algorithm>

namespace base {

namespace {

constexpr std::size_t kMaxName = 253;  // RFC 1035, section 2.3.4
constexpr std::size_t kMaxLabel = 63;

char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }

bool is_label_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

Error bad_name(const char* why) { return {ErrorKind::config, why}; }

Status check_label(std::string_view label)
{
    if (label.empty()) {
        return bad_name("it has an empty label");
    }
    if (label.size() > kMaxLabel) {
        return bad_name("it has a label of more than 63 characters");
    }
    if (label.front() == '-' || label.back() == '-') {
        return bad_name("it has a label that begins or ends with \"-\"");
    }
    if (!std::all_of(label.begin(), label.end(), is_label_char)) {
        return bad_name("it has a character that no DNS name may have "
                        "(internationalized names are given as \"xn--...\")");
    }
    return ok();
}

Status check_labels(std::string_view name)
{
    for (;;) {
        const auto dot = name.find('.');
        if (auto status = check_label(name.substr(0, dot)); !status) {
            return status;
        }
        if (dot == std::string_view::npos) {
            return ok();
        }
        name.remove_prefix(dot + 1);
    }
}

// The canonical text of an IPv4 or IPv6 literal, or nothing.
std::string canonical_ip(std::string_view text)
{
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
    }
    // C's functions would not see what stands behind a zero byte.
    if (text.find('\0') != std::string_view::npos) {
        return {};
    }
    const std::string literal(text);
    unsigned char address[sizeof(in6_addr)];
    char canonical[INET6_ADDRSTRLEN];
    for (int family : {AF_INET, AF_INET6}) {
        if (inet_pton(family, literal.c_str(), address) == 1
            && inet_ntop(family, address, canonical, sizeof(canonical)))
        {
            return canonical;
        }
    }
    return {};
}

bool looks_numeric(std::string_view name)
{
    const auto label = name.substr(name.rfind('.') + 1);
    return std::all_of(label.begin(), label.end(),
                       [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string to_lower(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

Result<Identifier> parse_identifier(std::string_view text)
{
    if (auto ip = canonical_ip(text); !ip.empty()) {
        return Identifier{Identifier::Type::ip, std::move(ip)};
    }
    if (text.find(':') != std::string_view::npos) {
        return bad_name("it is neither a name nor an IP address; a port has "
                        "no place here");
    }
    std::string name = to_lower(text);
    if (name.ends_with('.')) {
        name.pop_back();
    }
    if (name.empty()) {
        return bad_name("it is empty");
    }
    if (name.size() > kMaxName) {
        return bad_name("it is longer than 253 characters");
    }
    std::string_view labels = name;
    if (labels.starts_with("*.")) {
        labels.remove_prefix(2);
    }
    if (auto status = check_labels(labels); !status) {
        return status.error();
    }
    if (looks_numeric(labels)) {
        return bad_name("its last label is a number");
    }
    return Identifier{Identifier::Type::dns, std::move(name)};
}

std::string join(const Identifiers& identifiers)
{
    std::string list;
    for (const auto& identifier : identifiers) {
        list += list.empty() ? "" : ", ";
        list += identifier.value;
    }
    return list;
}

}  // namespace base
