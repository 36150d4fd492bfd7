#include "http/query.h"

#include <algorithm>

namespace http {

namespace {

bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
           || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view text)
{
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string encoded;
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_unreserved(c)) {
            encoded += c;
        } else {
            encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
        }
    }
    return encoded;
}

std::string encode_query(Parameters parameters)
{
    std::ranges::sort(parameters);
    std::string query;
    for (const auto& [name, value] : parameters) {
        query.append(query.empty() ? "" : "&");
        query.append(percent_encode(name)).append("=");
        query.append(percent_encode(value));
    }
    return query;
}

}  // namespace http
