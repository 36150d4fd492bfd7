#include "aws/xml_entity.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>

namespace aws {

namespace {

struct Entity {
    std::string_view name;
    char character;
};

constexpr Entity kEntities[] = {
    {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''},
};

std::string to_utf8(std::uint32_t code)
{
    constexpr std::uint32_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
    const unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1
                        : code < 0x10000 ? 2 : 3;
    std::string text(1, char(kLead[more] | (code >> (6 * more))));
    for (unsigned left = more; left-- > 0;) {
        text += char(0x80 | ((code >> (6 * left)) & 0x3f));
    }
    return text;
}

// XML 1.0, section 2.2.
bool is_character(std::uint32_t code)
{
    return code == 0x9 || code == 0xa || code == 0xd
           || (code >= 0x20 && code < 0xd800)
           || (code >= 0xe000 && code < 0xfffe)
           || (code >= 0x10000 && code <= 0x10ffff);
}

// "#38" or "#x26", what stands between "&" and ";".
std::string character_reference(std::string_view name)
{
    name.remove_prefix(1);
    const int base = name.starts_with('x') ? 16 : 10;
    name.remove_prefix(base == 16 ? 1 : 0);
    std::uint32_t code = 0;
    const auto* end = name.data() + name.size();
    const auto [stop, error] =
        std::from_chars(name.data(), end, code, base);
    if (error != std::errc() || stop != end || !is_character(code)) {
        return {};
    }
    return to_utf8(code);
}

}  // namespace

std::string decode_entity(std::string_view name)
{
    if (name.starts_with('#')) {
        return character_reference(name);
    }
    const auto found = std::ranges::find(kEntities, name, &Entity::name);
    return found == std::end(kEntities) ? std::string()
                                        : std::string(1, found->character);
}

std::string escape_xml(std::string_view text)
{
    std::string escaped;
    for (char c : text) {
        switch (c) {
        case '<': escaped += "&lt;"; break;
        case '>': escaped += "&gt;"; break;
        case '&': escaped += "&amp;"; break;
        default: escaped += c;
        }
    }
    return escaped;
}

}  // namespace aws
