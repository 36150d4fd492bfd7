// Transfer: one request under way in libcurl, and what has come of it so far.
#pragma once

#include "nginx/ngx.h"

#include <cstddef>
#include <string_view>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "http/client.h"

namespace event {

struct Transfer {
    Transfer(http::Request r, http::Completion c)
        : request(std::move(r)), completion(std::move(c))
    {}
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    // Makes the easy handle for method, URL, headers and body, with the
    // answer coming here. False when there is no memory.
    bool prepare();

    // What the answer or the failure is, once libcurl is done with it.
    base::Result<http::Response> outcome(CURLcode code);

    http::Request request;
    http::Completion completion;
    CURL* easy = nullptr;

private:
    static std::size_t on_upload(char* room, std::size_t size,
                                 std::size_t count, void* self) noexcept;
    static std::size_t on_header(char* data, std::size_t size,
                                 std::size_t count, void* self) noexcept;
    static std::size_t on_body(char* data, std::size_t size,
                               std::size_t count, void* self) noexcept;

    static CURLcode on_tls(CURL* easy, void* context, void* self) noexcept;
    static int on_certificate(X509_STORE_CTX* store, void* self) noexcept;

    bool set_headers();
    bool set_signature();
    bool set_route();
    bool set_handshake();
    void set_method();
    void set_body();
    std::size_t take_header(std::string_view line);
    std::size_t take_body(std::string_view part);

    http::Response response_;
    std::size_t uploaded_ = 0;
    std::size_t header_bytes_ = 0;
    bool too_large_ = false;
    curl_slist* headers_ = nullptr;
    curl_slist* route_ = nullptr;
    char reason_[CURL_ERROR_SIZE] = "";
};

}  // namespace event
