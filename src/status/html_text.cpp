#include "status/html_text.h"

#include <array>

#include "base/text.h"

namespace status {

namespace {

std::string_view entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return {};
    }
}

bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
        || c == '~';
}

// "2027-02-21T07:06:33Z" for people.
std::string readable(const std::string& exact)
{
    return exact.size() < 16 ? exact
                             : exact.substr(0, 10) + " " + exact.substr(11, 5);
}

std::string time_element(base::Time time, const std::string& text)
{
    const auto exact = base::format_time(time);
    return "<time datetime=\"" + exact + "\" title=\"" + exact + "\">" + text
        + "</time>";
}

}  // namespace

std::string escape(std::string_view text)
{
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        const auto name = entity(c);
        if (name.empty()) {
            escaped += c;
        } else {
            escaped += name;
        }
    }
    return escaped;
}

std::string percent_encode(std::string_view text)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += kDigits[byte >> 4];
        encoded += kDigits[byte & 15];
    }
    return encoded;
}

std::string link(std::string_view url)
{
    auto text = escape(url);
    if (!url.starts_with("https://")) {
        return text;
    }
    return "<a href=\"" + text + "\" rel=\"noopener noreferrer\">" + text
        + "</a>";
}

std::string time(base::Time time)
{
    return time_element(time, readable(base::format_time(time)));
}

std::string relative_time(base::Time time, base::Time now)
{
    const auto text = time >= now
        ? "in " + base::format_duration(time - now)
        : base::format_duration(now - time) + " ago";
    return time_element(time, text);
}

std::string element(std::string_view tag, std::string_view text)
{
    if (text.empty()) {
        return {};
    }
    std::string all = "<";
    all.append(tag).append(">").append(escape(text));
    const auto name = tag.substr(0, tag.find(' '));
    return all.append("</").append(name).append(">");
}

}  // namespace status
