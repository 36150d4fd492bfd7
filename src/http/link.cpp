#include "http/link.h"

#include <algorithm>

#include "base/identifier.h"
#include "http/url.h"

namespace http {

namespace {

// No CA has that many chains, and no order list pages.
constexpr std::size_t kMaxLinks = 32;

constexpr std::string_view kSpaces = " \t";

struct Link {
    std::string_view target;
    std::string relations;  // separated by spaces, lower case
};

// Reads the links of one header value, each byte once.
class LinkReader {
public:
    explicit LinkReader(std::string_view text) : rest_(text) {}

    // False at the end.
    bool next(Link& link)
    {
        while (!rest_.empty()) {
            skip(" \t,");
            const bool readable = read_target(link);
            read_parameters(link);
            if (readable) {
                return true;
            }
        }
        return false;
    }

private:
    void skip(std::string_view set)
    {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(set),
                                     rest_.size()));
    }

    std::string_view take_until(std::string_view set)
    {
        const auto end = std::min(rest_.find_first_of(set), rest_.size());
        const auto taken = rest_.substr(0, end);
        rest_.remove_prefix(end);
        return taken;
    }

    bool take(char c)
    {
        if (!rest_.starts_with(c)) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    bool read_target(Link& link)
    {
        if (!take('<')) {
            return false;
        }
        link.target = take_until(">");
        return take('>');
    }

    // Up to the comma that separates links: one in quotes does not.
    void read_parameters(Link& link)
    {
        link.relations.clear();
        bool seen = false;
        for (skip_to_separator(); take(';'); skip_to_separator()) {
            skip(kSpaces);
            const auto name = base::to_lower(take_until(" \t=;,\""));
            skip(kSpaces);
            std::string value = take('=') ? read_value() : std::string();
            // RFC 8288, section 3.3: a second "rel" is ignored.
            if (name == "rel" && !seen) {
                seen = true;
                link.relations = base::to_lower(value);
            }
        }
    }

    std::string read_value()
    {
        skip(kSpaces);
        return take('"') ? read_quoted() : std::string(take_until(" \t;,\""));
    }

    // The rest of a quoted string, its closing quote included.
    std::string read_quoted()
    {
        std::string value;
        for (;;) {
            value += take_until("\"\\");
            if (rest_.empty() || take('"')) {
                return value;
            }
            rest_.remove_prefix(1);
            value += rest_.substr(0, 1);
            rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
        }
    }

    void skip_to_separator()
    {
        for (take_until(";,\""); take('"'); take_until(";,\"")) {
            read_quoted();
        }
    }

    std::string_view rest_;
};

bool has_word(std::string_view words, std::string_view word)
{
    while (!words.empty()) {
        const auto end = std::min(words.find_first_of(kSpaces), words.size());
        if (words.substr(0, end) == word) {
            return true;
        }
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

}  // namespace

std::vector<std::string> find_links(const Response& response,
                                    std::string_view relation,
                                    std::string_view base_url)
{
    const auto wanted = base::to_lower(relation);
    std::vector<std::string> targets;
    for (const auto& header : find_headers(response, "Link")) {
        LinkReader reader(header);
        Link link;
        while (targets.size() < kMaxLinks && reader.next(link)) {
            if (has_word(link.relations, wanted)) {
                targets.push_back(resolve_url(base_url, link.target));
            }
        }
    }
    return targets;
}

}  // namespace http
