#include "http/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/identifier.h"

namespace http {

namespace {

constexpr std::size_t kMaxUrl = 2048;

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

// RFC 3986, appendix B. The authority is absent without "//".
struct Parts {
    std::string_view scheme, authority, path, query;
    bool has_authority = false;
};

std::string_view take_until(std::string_view& text, std::string_view set)
{
    const auto end = std::min(text.find_first_of(set), text.size());
    const auto taken = text.substr(0, end);
    text.remove_prefix(end);
    return taken;
}

std::string_view take_scheme(std::string_view& text)
{
    auto rest = text;
    const auto scheme = take_until(rest, ":/?#");
    const bool absent = !rest.starts_with(':') || scheme.empty()
                        || kLetters.find(scheme.front()) == kLetters.npos;
    if (absent) {
        return {};
    }
    text = rest.substr(1);
    return scheme;
}

// The query keeps its "?"; the fragment is dropped.
Parts split(std::string_view url)
{
    Parts parts;
    parts.scheme = take_scheme(url);
    if (url.starts_with("//")) {
        url.remove_prefix(2);
        parts.has_authority = true;
        parts.authority = take_until(url, "/?#");
    }
    parts.path = take_until(url, "?#");
    parts.query = take_until(url, "#");
    return parts;
}

struct HostPort {
    std::string_view host;  // with the brackets of an IPv6 address
    std::string_view port;  // with its ":"
};

HostPort split_authority(std::string_view authority)
{
    const auto user = authority.rfind('@');
    if (user != authority.npos) {
        authority.remove_prefix(user + 1);
    }
    const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
    const auto colon = authority.find(':', std::min(bracket, authority.size()));
    const auto host = authority.substr(0, colon);
    return {host, authority.substr(host.size())};
}

std::string_view without_brackets(std::string_view host)
{
    if (host.size() >= 2 && host.starts_with('[') && host.ends_with(']')) {
        return host.substr(1, host.size() - 2);
    }
    return host;
}

bool is_url_char(char c)
{
    constexpr std::string_view kOthers = "-._~:/?[]@!$&'()*+,;=%";
    return kLetters.find(c) != kLetters.npos || kDigits.find(c) != kDigits.npos
           || kOthers.find(c) != kOthers.npos;
}

bool is_ipv6(std::string_view host)
{
    in6_addr address;
    return inet_pton(AF_INET6, std::string(host).c_str(), &address) == 1;
}

bool is_host(std::string_view host)
{
    if (host.starts_with('[')) {
        return host.ends_with(']') && is_ipv6(without_brackets(host));
    }
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return kLetters.find(c) != kLetters.npos
               || kDigits.find(c) != kDigits.npos || c == '.' || c == '-'
               || c == '_';
    });
}

bool is_port(std::string_view port)
{
    if (port.empty()) {
        return true;
    }
    port.remove_prefix(1);
    if (port.empty() || port.size() > 5) {
        return false;
    }
    int number = 0;
    for (char c : port) {
        if (kDigits.find(c) == kDigits.npos) {
            return false;
        }
        number = number * 10 + (c - '0');
    }
    return number > 0 && number <= 65535;
}

bool is_loopback(std::string_view host)
{
    const std::string text(host);
    in_addr v4;
    if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    in6_addr v6;
    if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6);
    }
    return text == "localhost";
}

base::Error bad_url(const char* why)
{
    return {base::ErrorKind::protocol, why};
}

base::Status check_authority(std::string_view authority)
{
    if (authority.find('@') != authority.npos) {
        return bad_url("it has a user");
    }
    const auto [host, port] = split_authority(authority);
    if (host.empty()) {
        return bad_url("it has no host");
    }
    if (!is_host(host)) {
        return bad_url("its host is no host name and no IP address");
    }
    if (!is_port(port)) {
        return bad_url("its port is no port number");
    }
    return base::ok();
}

// RFC 3986, section 5.2.4. The path begins with "/", and so does the result.
std::string remove_dot_segments(std::string_view path)
{
    std::vector<std::string_view> kept;
    bool folder = false;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto segment = take_until(path, "/");
        folder = segment == "." || segment == "..";
        if (!folder) {
            kept.push_back(segment);
        } else if (segment == ".." && !kept.empty()) {
            kept.pop_back();
        }
    }
    std::string result;
    for (const auto segment : kept) {
        result.append("/").append(segment);
    }
    return folder || result.empty() ? result + "/" : result;
}

// RFC 3986, section 5.2.3.
std::string merge(std::string_view base_path, std::string_view path)
{
    if (path.starts_with('/')) {
        return std::string(path);
    }
    const auto folder = base_path.substr(0, base_path.rfind('/') + 1);
    return std::string(folder.empty() ? "/" : folder).append(path);
}

}  // namespace

base::Status check_url(std::string_view url)
{
    if (url.size() > kMaxUrl) {
        return bad_url("it is longer than 2048 characters");
    }
    if (url.find('#') != url.npos) {
        return bad_url("it has a fragment");
    }
    if (!std::all_of(url.begin(), url.end(), is_url_char)) {
        return bad_url("it has a character that no URL may have");
    }
    const Parts parts = split(url);
    const auto scheme = base::to_lower(parts.scheme);
    if ((scheme != "https" && scheme != "http") || !parts.has_authority) {
        return bad_url("it does not begin with \"https://\"");
    }
    if (auto status = check_authority(parts.authority); !status) {
        return status;
    }
    if (scheme == "http" && !is_loopback(host_of(url))) {
        return bad_url("plain http is for loopback addresses only");
    }
    return base::ok();
}

std::string host_of(std::string_view url)
{
    const auto authority = split(url).authority;
    return base::to_lower(without_brackets(split_authority(authority).host));
}

std::string resolve_url(std::string_view base_url, std::string_view reference)
{
    const Parts from = split(base_url);
    const Parts target = split(reference);
    if (!target.scheme.empty()) {
        return std::string(reference);
    }
    std::string result = std::string(from.scheme) + "://";
    if (target.has_authority) {
        return result.append(reference.substr(2));
    }
    result += from.authority;
    if (target.path.empty()) {
        const auto query = target.query.empty() ? from.query : target.query;
        return result.append(from.path).append(query);
    }
    return result.append(remove_dot_segments(merge(from.path, target.path)))
        .append(target.query);
}

}  // namespace http
