// Names, as people and CAs write them.

#include "base/identifier.h"
#include "fuzz.h"

FUZZ_TARGET(identifier)
{
    const auto name = base::parse_identifier(input);
    if (!name) {
        fuzz::require_printable(name.error().message);
        return;
    }
    const auto& value = name->value;
    fuzz::require(input.find('\0') == input.npos,
                  "what follows a zero byte is not passed over");
    fuzz::require_printable(value);
    fuzz::require(!value.empty() && value.size() <= 253, "it is bounded");
    fuzz::require(base::to_lower(value) == value, "it is in lower case");
    fuzz::require(value.find_first_of(" \"'\\/;{}\n") == value.npos,
                  "it is harmless wherever it is written");
    const auto again = base::parse_identifier(value);
    fuzz::require(again && *again == *name, "it is canonical", value);
}
