#include <openssl/evp.h>

#include "base/text.h"
#include "crypto/digest.h"
#include "status/html_assets.h"
#include "status/html_certificate.h"
#include "status/html_text.h"
#include "status/report.h"

namespace status {

namespace {

std::string helper(const Helper& helper, base::Time now)
{
    if (!helper.alive || helper.pid == 0) {
        return {};
    }
    return "<span class=\"soft\">at work for "
        + escape(base::format_duration(now - helper.since)) + ", process "
        + std::to_string(helper.pid) + "</span>";
}

// What an operator has to know before anything else.
std::string alarm(const Report& report)
{
    if (report.helper.alive || report.page.matching == 0) {
        return {};
    }
    return "<p class=\"alarm\" role=\"alert\"><b>Nothing is obtained or "
           "renewed.</b> "
        + std::string(report.helper.pid == 0
                          ? "The helper process has not begun yet."
                          : "The helper process does not answer: look for "
                            "\"acme:\" and \"cache manager\" in the error "
                            "log.")
        + "</p>";
}

std::string address(const std::string& search, std::size_t page)
{
    std::string query = "?";
    if (!search.empty()) {
        query += "q=" + percent_encode(search);
    }
    if (page > 1) {
        query += (query.size() > 1 ? "&page=" : "page=")
            + std::to_string(page);
    }
    return escape(query);
}

std::string states(const Report& report)
{
    std::size_t all = 0;
    std::string html;
    for (const auto state : kStates) {
        const auto count = report.totals[std::size_t(state)];
        const std::string name(name_of(state));
        all += count;
        if (count == 0) {
            continue;
        }
        html.append("<a class=\"").append(name).append("\" href=\"");
        html.append(address(name, 1)).append("\"");
        html.append(report.query.search == name ? " aria-current=\"true\""
                                                : "");
        html.append("><b>").append(std::to_string(count)).append("</b>");
        html.append(name).append("</a>");
    }
    return "<nav class=\"states\" aria-label=\"By state\"><a href=\"?\""
        + std::string(report.query.search.empty() ? " aria-current=\"true\""
                                                  : "")
        + "><b>" + std::to_string(all) + "</b>all</a>" + html + "</nav>";
}

std::string search(const std::string& text)
{
    return "<form role=\"search\"><input type=\"search\" name=\"q\" value=\""
        + escape(text)
        + "\" aria-label=\"Search names, issuers and states\" "
          "placeholder=\"Search names, issuers, states\"></form>";
}

std::string list(const Report& report)
{
    if (report.entries.empty()) {
        return "<p class=\"list empty\">"
            + std::string(report.query.search.empty()
                              ? "No certificate is managed here: add an "
                                "acme_domain line."
                              : "Nothing matches.")
            + "</p>";
    }
    std::string html = "<div class=\"list\">\n";
    for (const auto& entry : report.entries) {
        html += html_of(entry, report);
    }
    return html + "</div>";
}

std::string pages(const Report& report)
{
    const auto& [rows, number, count, matching] = report.page;
    if (count < 2) {
        return {};
    }
    const auto& text = report.query.search;
    std::string html = "<nav class=\"pages\" aria-label=\"Pages\">";
    if (number > 1) {
        html += "<a rel=\"prev\" href=\"" + address(text, number - 1)
            + "\">previous</a>";
    }
    html += "<span class=\"soft\">page " + std::to_string(number) + " of "
        + std::to_string(count) + ", " + std::to_string(matching)
        + " certificates</span>";
    if (number < count) {
        html += "<a rel=\"next\" href=\"" + address(text, number + 1)
            + "\">next</a>";
    }
    return html + "</nav>";
}

std::string digest_of(std::string_view text)
{
    const auto digest = crypto::sha256(text);
    std::string encoded(4 * ((digest.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(encoded.data()),
        reinterpret_cast<const unsigned char*>(digest.data()),
        int(digest.size()));
    encoded.resize(std::size_t(size));
    return "'sha256-" + encoded + "'";
}

}  // namespace

std::string to_html(const Report& report)
{
    std::string html = "<!DOCTYPE html>\n<html lang=\"en\"><head>"
                       "<meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" content=\"width=device-width, "
                       "initial-scale=1\"><title>Certificates</title><style>";
    html.append(kStyle).append("</style></head>\n<body><main><header>"
                               "<h1>Certificates</h1>");
    html += helper(report.helper, report.now) + "</header>" + alarm(report);
    html += "<div class=\"tools\">" + states(report)
        + search(report.query.search) + "</div>";
    html += list(report) + pages(report);
    html += "<footer>As of " + time(report.now) + " UTC, module version "
        + escape(report.version) + "</footer></main>\n<script>";
    return html.append(kScript).append("</script></body></html>\n");
}

const std::string& html_policy()
{
    static const std::string policy =
        "default-src 'none'; style-src " + digest_of(kStyle)
        + "; script-src " + digest_of(kScript)
        + "; connect-src 'self'; form-action 'self'; base-uri 'none'; "
          "frame-ancestors 'none'";
    return policy;
}

}  // namespace status
