// What the tests of dns/ share: bytes written as hexadecimal, names, queries.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "dns/message.h"

namespace dns_test {

// Pairs of digits; everything between them but digits is for the reader.
inline std::string from_hex(std::string_view text)
{
    std::string digits, bytes;
    for (const char c : text) {
        if (std::string_view("0123456789abcdef").find(c)
            != std::string_view::npos)
        {
            digits += c;
        }
    }
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes += char(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

inline dns::Name name(std::string_view text)
{
    auto name = dns::Name::from_text(text);
    if (!name) {
        std::abort();
    }
    return *name;
}

inline dns::Message query_for(const dns::Name& name, dns::Type type)
{
    dns::Message query;
    query.header.id = 0x1234;
    query.questions = {{name, type, dns::Class::in}};
    return query;
}

inline std::string encoded(const dns::Message& message)
{
    auto bytes = dns::encode(message);
    if (!bytes) {
        std::abort();
    }
    return *bytes;
}

}  // namespace dns_test
