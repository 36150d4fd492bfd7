// An HTTP response as text, so that inputs can be read and written by people:
//
//     503
//     Retry-After: 120
//
//     {"type": ...}
#pragma once

#include <charconv>

#include "fuzz.h"
#include "http/message.h"

namespace fuzz {

inline http::Response read_response(Input& input)
{
    http::Response response;
    const auto status = input.line();
    std::from_chars(status.data(), status.data() + status.size(),
                    response.status);
    for (auto line = input.line(); !line.empty(); line = input.line()) {
        const auto colon = std::min(line.find(": "), line.size());
        response.headers.emplace_back(
            line.substr(0, colon),
            line.substr(std::min(colon + 2, line.size())));
    }
    response.body = input.rest();
    return response;
}

}  // namespace fuzz
