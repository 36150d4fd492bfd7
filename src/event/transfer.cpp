#include "event/transfer.h"

#include "base/text.h"
#include "http/url.h"
#include "nginx/guarded.h"

namespace event {

namespace {

constexpr std::size_t kMaxHeaders = 32 * 1024;

using base::Error;
using base::ErrorKind;

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

Transfer::~Transfer()
{
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers_);
    curl_slist_free_all(route_);
}

bool Transfer::prepare()
{
    easy = curl_easy_init();
    if (easy == nullptr || !set_headers() || !set_signature() || !set_route()
        || !set_handshake())
    {
        return false;
    }
    set_method();
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason_);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    return true;
}

bool Transfer::set_headers()
{
    for (const auto& [name, value] : request.headers) {
        std::string line = name;
        line.append(": ").append(value);
        auto* longer = curl_slist_append(headers_, line.c_str());
        if (longer == nullptr) {
            return false;
        }
        headers_ = longer;
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    return true;
}

// False when libcurl cannot sign: unsigned, the request says nothing.
bool Transfer::set_signature()
{
    if (!request.aws_signature) {
        return true;
    }
    const auto& signature = *request.aws_signature;
    const std::string scheme =
        "aws:amz:" + signature.region + ":" + signature.service;
    std::string secret(signature.secret.reveal());
    const bool set =
        curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, scheme.c_str()) == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_USERNAME, signature.key_id.c_str())
            == CURLE_OK
        && curl_easy_setopt(easy, CURLOPT_PASSWORD, secret.c_str())
            == CURLE_OK;
    base::wipe(secret.data(), secret.size());
    return set;
}

bool Transfer::set_route()
{
    if (request.redirects > 0) {
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(easy, CURLOPT_MAXREDIRS, long(request.redirects));
        const bool secure = request.url.starts_with("https://");
        if (curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR,
                             secure ? "https" : "https,http")
            != CURLE_OK)
        {
            return false;
        }
    }
    if (request.connect_to.empty()) {
        return true;
    }
    const bool is_v6 = request.connect_to.find(':') != std::string::npos;
    const std::string entry = http::host_of(request.url) + "::"
        + (is_v6 ? "[" + request.connect_to + "]" : request.connect_to) + ":";
    route_ = curl_slist_append(nullptr, entry.c_str());
    return route_ != nullptr
        && curl_easy_setopt(easy, CURLOPT_CONNECT_TO, route_) == CURLE_OK;
}

// libcurl offers no protocol of ours, but leaves OpenSSL to us.
bool Transfer::set_handshake()
{
    if (request.alpn.empty()) {
        return true;
    }
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
    return curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls)
        == CURLE_OK;
}

CURLcode Transfer::on_tls(CURL*, void* context, void* self) noexcept
{
    const auto& alpn = static_cast<Transfer*>(self)->request.alpn;
    auto* tls = static_cast<SSL_CTX*>(context);
    unsigned char list[256];
    list[0] = static_cast<unsigned char>(alpn.copy(
        reinterpret_cast<char*>(list + 1), sizeof(list) - 1));
    if (SSL_CTX_set_alpn_protos(tls, list, list[0] + 1) != 0) {
        return CURLE_OUT_OF_MEMORY;
    }
    SSL_CTX_set_cert_verify_callback(tls, on_certificate, self);
    return CURLE_OK;
}

// What it is worth is for the one to say who asked.
int Transfer::on_certificate(X509_STORE_CTX* store, void* self) noexcept
{
    return nginx::guarded(ngx_cycle->log, 0, [=] {
        unsigned char* der = nullptr;
        const int length = i2d_X509(X509_STORE_CTX_get0_cert(store), &der);
        if (length < 0) {
            return 0;
        }
        static_cast<Transfer*>(self)->response_.body.assign(
            reinterpret_cast<char*>(der), std::size_t(length));
        OPENSSL_free(der);
        return 1;
    });
}

void Transfer::set_method()
{
    using Method = http::Request::Method;
    switch (request.method) {
    case Method::get:
        break;
    case Method::head:
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        break;
    case Method::erase:
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
        break;
    case Method::put:
        // As a POST of another name its body is sent like one, too.
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT");
        [[fallthrough]];
    case Method::post:
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         curl_off_t(http::body_of(request).size()));
        set_body();
    }
}

// When a kept-alive connection dies without an answer, libcurl sends the
// request anew on another one. It cannot once it has read from a body that it
// cannot rewind, and fails instead.
void Transfer::set_body()
{
    // It signs only a body that it has whole. On a new connection it sends
    // nothing anew.
    if (!request.repeatable && request.aws_signature) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    }
    if (request.repeatable || request.aws_signature) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         http::body_of(request).data());
        return;
    }
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
}

std::size_t Transfer::on_upload(char* room, std::size_t size,
                                std::size_t count, void* self) noexcept
{
    constexpr std::size_t abort = CURL_READFUNC_ABORT;
    return nginx::guarded(ngx_cycle->log, abort, [=] {
        auto& transfer = *static_cast<Transfer*>(self);
        const auto rest =
            http::body_of(transfer.request).substr(transfer.uploaded_);
        const auto copied = rest.copy(room, size * count);
        transfer.uploaded_ += copied;
        return copied;
    });
}

std::size_t Transfer::on_header(char* data, std::size_t size,
                                std::size_t count, void* self) noexcept
{
    return nginx::guarded(ngx_cycle->log, std::size_t(0), [=] {
        return static_cast<Transfer*>(self)->take_header({data, size * count});
    });
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count,
                              void* self) noexcept
{
    return nginx::guarded(ngx_cycle->log, std::size_t(0), [=] {
        return static_cast<Transfer*>(self)->take_body({data, size * count});
    });
}

std::size_t Transfer::take_header(std::string_view line)
{
    header_bytes_ += line.size();
    if (header_bytes_ > kMaxHeaders) {
        too_large_ = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) {
        response_.headers.clear();  // an interim answer went before
        return line.size();
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
        response_.headers.emplace_back(line.substr(0, colon),
                                       trimmed(line.substr(colon + 1)));
    }
    return line.size();
}

std::size_t Transfer::take_body(std::string_view part)
{
    if (response_.body.size() + part.size() > request.max_body) {
        too_large_ = true;
        return 0;
    }
    response_.body.append(part);
    return part.size();
}

base::Result<http::Response> Transfer::outcome(CURLcode code)
{
    if (too_large_) {
        return Error{ErrorKind::protocol, "the answer of " + request.url
                                              + " is longer than it may be"};
    }
    if (code != CURLE_OK) {
        const char* why =
            reason_[0] != '\0' ? reason_ : curl_easy_strerror(code);
        return Error{ErrorKind::network,
                     request.url + ": " + base::printable(why)};
    }
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    response_.status = int(status);
    return std::move(response_);
}

}  // namespace event
