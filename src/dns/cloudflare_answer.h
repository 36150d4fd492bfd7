// CloudflareAnswer: the envelope in which Cloudflare's API answers:
// {success, errors: [{code, message, error_chain}], result}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dns/provider.h"
#include "http/message.h"

namespace dns {

struct CloudflareAnswer {
    struct Complaint {
        std::int64_t code = 0;
        std::string message;
    };
    // One of result: the object itself, or a member of the list.
    struct Item {
        std::string id;
        std::string name;
        std::string content;  // without the quotes around it
    };

    bool success = false;
    std::vector<Complaint> complaints;  // the first few
    std::vector<Item> items;

    bool complains_of(std::int64_t code) const;
    // "Authentication error (10000)"
    std::string words() const;
};

// Nothing when it is no such envelope.
std::optional<CloudflareAnswer> read_cloudflare(
    const http::Response& response);

// What makes the record, as JSON.
std::string encode_cloudflare(const TxtRecord& record);

}  // namespace dns
