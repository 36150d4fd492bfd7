// HTTP as this module's clients see it: a request to send, a response received.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The request is signed for Amazon Web Services (Signature Version 4). curl
// before 8.3 signs a query only as it stands: http::encode_query() brings it
// into the form that AWS compares with. A session token goes as the header
// X-Amz-Security-Token.
struct AwsSignature {
    std::string service;  // "route53"
    std::string region;
    std::string key_id;
    base::Secret secret;
};

struct Request {
    enum class Method { get, head, post, put, erase };

    Method method = Method::get;
    std::string url;
    Headers headers;
    std::string body;
    // The body, when there is a secret in it.
    base::Secret secret_body = {};
    // A longer response body is an Error, not a truncated body.
    std::size_t max_body = 64 * 1024;
    // The client may send it again by itself when a connection broke before
    // the answer. Not so where the other side would do it twice.
    bool repeatable = true;
    std::optional<AwsSignature> aws_signature = std::nullopt;
    // The address to connect to, whatever those of the URL's host are.
    std::string connect_to = {};
    // So many are followed, to any host, but never from https to http.
    unsigned redirects = 0;
    // Nothing is sent: a TLS handshake that offers this protocol (RFC 7301),
    // and the answer's body is the certificate that was shown, in DER.
    std::string alpn = {};
};

// Whichever of its two bodies it has.
inline std::string_view body_of(const Request& request)
{
    return request.secret_body.empty() ? std::string_view(request.body)
                                       : request.secret_body.reveal();
}

struct Response {
    int status = 0;
    Headers headers;
    std::string body;

    bool success() const { return status >= 200 && status < 300; }
};

// Whether a text may stand as a header's value: printable ASCII, no line
// break above all, and not empty.
bool is_header_value(std::string_view text);

// The first header of that name (any case).
std::optional<std::string> find_header(const Response& response,
                                       std::string_view name);

// All of them.
std::vector<std::string> find_headers(const Response& response,
                                      std::string_view name);

}  // namespace http
