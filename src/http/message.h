// HTTP as the ACME client sees it: a request to send, a response received.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
    enum class Method { get, head, post };

    Method method = Method::get;
    std::string url;
    Headers headers;
    std::string body;
    // A longer response body is an Error, not a truncated body.
    std::size_t max_body = 64 * 1024;
    // The client may send it again by itself when a connection broke before
    // the answer. Not so where the other side would do it twice.
    bool repeatable = true;
};

struct Response {
    int status = 0;
    Headers headers;
    std::string body;

    bool success() const { return status >= 200 && status < 300; }
};

// The first header of that name (any case).
std::optional<std::string> find_header(const Response& response,
                                       std::string_view name);

// All of them.
std::vector<std::string> find_headers(const Response& response,
                                      std::string_view name);

}  // namespace http
