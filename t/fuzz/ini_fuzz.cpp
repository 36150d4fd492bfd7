// The files that AWS' tools share.

#include "aws/ini.h"
#include "fuzz.h"

FUZZ_TARGET(ini)
{
    const auto section = aws::read_section(input, "default");
    if (!section) {
        fuzz::require_printable(section.error().message);
        return;
    }
    if (!*section) {
        return;
    }
    for (const auto& [name, value] : **section) {
        fuzz::require(name.find('\n') == name.npos
                          && value.reveal().find('\n') == name.npos,
                      "a setting is one line", name);
    }
}
