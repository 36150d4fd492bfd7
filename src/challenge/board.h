// Port: the board, where answers to challenges are published for the workers.
// A place on it is what the CA asks for, so that a worker can name it, too.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace challenge {

class Board {
public:
    virtual ~Board() = default;
    // Visible to every worker when this returns. What is in that place
    // already is replaced. A full board is an Error.
    virtual base::Status publish(const std::string& place,
                                 std::string_view content) = 0;
    virtual void withdraw(const std::string& place) = 0;
    virtual void withdraw_all() = 0;
};

// http-01: the token in the request's path, and its Host (lower case, no port,
// no trailing dot, no brackets). There lies the key authorization.
std::string http_01_place(std::string_view token, std::string_view host);

// tls-alpn-01: the server name (lower case). There lies the certificate with
// its key, as a crypto::Bundle.
std::string tls_alpn_01_place(std::string_view server_name);

// dns-01: the name that is asked for (lower case, no dot at the end). There lie
// the values of its TXT records, each ending in a line feed.
std::string txt_place(std::string_view name);

}  // namespace challenge
