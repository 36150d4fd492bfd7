#include "aws/ini.h"

#include <algorithm>

namespace aws {

namespace {

constexpr std::string_view kSpaces = " \t\r";

std::string_view trim(std::string_view text)
{
    const auto first = text.find_first_not_of(kSpaces);
    if (first == text.npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

std::string_view take_line(std::string_view& text)
{
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

// Empty lines, comments, and the indented ones that belong to a setting of
// which nothing is wanted here ("s3 =" has such).
bool says_nothing(std::string_view line)
{
    return trim(line).empty() || line.find_first_of(" \t#;") == 0;
}

base::Error malformed(unsigned number)
{
    return {base::ErrorKind::config,
            "line " + std::to_string(number)
                + " is neither a section nor a setting"};
}

}  // namespace

base::Result<std::optional<Section>> read_section(std::string_view text,
                                                  std::string_view name)
{
    std::optional<Section> section;
    bool within = false;
    for (unsigned number = 1; !text.empty(); ++number) {
        const auto raw = take_line(text);
        if (says_nothing(raw)) {
            continue;
        }
        const auto line = trim(raw);
        const auto equals = line.find('=');
        if (line.starts_with('[')) {
            if (!line.ends_with(']')) {
                return malformed(number);
            }
            within = trim(line.substr(1, line.size() - 2)) == name;
            if (within && !section) {
                section.emplace();
            }
        } else if (equals == line.npos || equals == 0) {
            return malformed(number);
        } else if (within) {
            section->emplace(trim(line.substr(0, equals)),
                             base::Secret(trim(line.substr(equals + 1))));
        }
    }
    return section;
}

std::string_view setting(const Section& section, std::string_view name)
{
    const auto found = section.find(name);
    return found == section.end() ? std::string_view()
                                  : found->second.reveal();
}

}  // namespace aws
