#include "http/message.h"

#include <algorithm>

#include <strings.h>

namespace http {

namespace {

bool same_name(std::string_view a, std::string_view b)
{
    return a.size() == b.size()
           && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

bool is_header_value(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return c >= ' ' && c <= '~';
    });
}

std::optional<std::string> find_header(const Response& response,
                                       std::string_view name)
{
    for (const auto& [header, value] : response.headers) {
        if (same_name(header, name)) {
            return value;
        }
    }
    return std::nullopt;
}

std::vector<std::string> find_headers(const Response& response,
                                      std::string_view name)
{
    std::vector<std::string> values;
    for (const auto& [header, value] : response.headers) {
        if (same_name(header, name)) {
            values.push_back(value);
        }
    }
    return values;
}

}  // namespace http
