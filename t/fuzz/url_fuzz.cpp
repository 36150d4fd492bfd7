// URLs that a CA gives. The first line is a URL, the rest a reference to be
// resolved against it.

#include <memory>

#include <curl/curl.h>

#include "base/identifier.h"
#include "fuzz.h"
#include "http/url.h"

namespace {

struct Free {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(char* text) const { curl_free(text); }
};

// The host that libcurl would connect to; empty when it refuses the URL.
std::string curl_host(const std::string& url)
{
    const std::unique_ptr<CURLU, Free> handle(curl_url());
    char* host = nullptr;
    if (curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK
        || curl_url_get(handle.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK)
    {
        return {};
    }
    const std::unique_ptr<char, Free> owner(host);
    return base::to_lower(host);
}

// libcurl knows more forms of an IP address ("127.1"), and writes all in one.
bool is_name(std::string_view host)
{
    return host.find_first_not_of("0123456789abcdefx.:[]") != host.npos;
}

bool is_loopback(const std::string& host)
{
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

void read_accepted(const std::string& url)
{
    fuzz::require_printable(url);
    const auto host = http::host_of(url);
    fuzz::require(!host.empty(), "it has a host", url);
    fuzz::require(http::resolve_url(url, "") == url,
                  "nothing leads to where it came from", url);
    fuzz::require(http::resolve_url("https://ca.example/", url) == url,
                  "an absolute URL stays as it is", url);
    const auto real = curl_host(url);
    if (real.empty()) {
        return;
    }
    fuzz::require(!is_name(real) || real == host,
                  "libcurl goes to the same host", url);
    fuzz::require(base::to_lower(url).starts_with("https://")
                      || is_loopback(real) || real == "[0:0:0:0:0:0:0:1]",
                  "plain http stays on this machine", url);
}

void read(const std::string& url)
{
    const auto status = http::check_url(url);
    if (status) {
        read_accepted(url);
    } else {
        fuzz::require_printable(status.error().message);
        http::host_of(url);
    }
}

}  // namespace

FUZZ_TARGET(url)
{
    fuzz::Input lines(input);
    const std::string url(lines.line());
    read(url);
    if (http::check_url(url)) {
        read(http::resolve_url(url, lines.rest()));
    }
}
