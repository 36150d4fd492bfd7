// Link headers. The first line is the URL that they came from, each other one
// a header.

#include "fuzz.h"
#include "http/link.h"

FUZZ_TARGET(link)
{
    fuzz::Input lines(input);
    const auto base_url = lines.line();
    http::Response response;
    while (!lines.empty()) {
        response.headers.emplace_back("Link", lines.line());
    }
    for (const auto* relation : {"alternate", "up"}) {
        const auto links = http::find_links(response, relation, base_url);
        fuzz::require(links.size() <= 32, "links are bounded");
    }
}
