// Issue values, as CAA and dns-persist-01 records hold them.

#include "dns/issue_value.h"
#include "fuzz.h"

FUZZ_TARGET(issue_value)
{
    const auto value = dns::parse_issue_value(input);
    if (!value) {
        return;
    }
    std::string text = value->issuer;
    for (const auto& [tag, content] : value->parameters) {
        text += "; " + tag + "=" + content;
    }
    const auto again = dns::parse_issue_value(text);
    fuzz::require(again && again->issuer == value->issuer
                      && again->parameters == value->parameters,
                  "what was read can be written", text);
}
