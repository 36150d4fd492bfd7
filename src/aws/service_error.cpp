#include "aws/service_error.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "aws/xml.h"
#include "base/json.h"
#include "base/text.h"

namespace aws {

namespace {

constexpr std::size_t kMaxSaid = 500;

constexpr std::string_view kThrottled[] = {
    "Throttling", "ThrottlingException", "ThrottledException",
    "RequestLimitExceeded", "TooManyRequestsException",
};

// Said of a change while another of the same zone is being made, and of a
// token's issuer that did not answer AWS.
constexpr std::string_view kPassing[] = {
    "PriorRequestNotComplete", "IDPCommunicationError",
};

template <typename List>
bool contains(const List& list, std::string_view code)
{
    return std::ranges::find(list, code) != std::end(list);
}

bool is_throttled(const http::Response& response, std::string_view code)
{
    return response.status == 429 || contains(kThrottled, code);
}

base::ErrorKind kind_of(const http::Response& response,
                        std::string_view code)
{
    if (is_throttled(response, code)) {
        return base::ErrorKind::rate_limited;
    }
    const bool temporary = response.status >= 500 || code.empty()
                           || contains(kPassing, code);
    return temporary ? base::ErrorKind::protocol : base::ErrorKind::refused;
}

// {"__type": "prefix#ValidationException", "message": "..."}; the message's
// name is written with either case.
ServiceError json_error(const std::string& body)
{
    const auto object = base::json::parse_object(body);
    if (!object) {
        return {};
    }
    auto code = base::json::find_string(*object, "__type").value_or("");
    code.erase(0, code.rfind('#') + 1);
    auto message = base::json::find_string(*object, "message");
    if (!message) {
        message = base::json::find_string(*object, "Message");
    }
    return {std::move(code), std::move(message).value_or("")};
}

}  // namespace

ServiceError service_error_of(const http::Response& response)
{
    if (response.body.starts_with('{')) {
        return json_error(response.body);
    }
    const auto root = parse_xml(response.body);
    if (!root) {
        return {};
    }
    if (root->name == "InvalidChangeBatch") {
        return {root->name,
                std::string(text_at(*root, {"Messages", "Message"}))};
    }
    return {std::string(text_at(*root, {"Error", "Code"})),
            std::string(text_at(*root, {"Error", "Message"}))};
}

bool is_throttled(const http::Response& response)
{
    return !response.success()
        && is_throttled(response, service_error_of(response).code);
}

bool is_transient(const http::Response& response)
{
    if (response.success()) {
        return false;
    }
    const auto code = service_error_of(response).code;
    return response.status >= 500 || is_throttled(response, code)
           || contains(kPassing, code);
}

base::Error error_of(const http::Response& response)
{
    const auto [code, message] = service_error_of(response);
    std::string text = "HTTP " + std::to_string(response.status);
    if (code.empty()) {
        const auto type = http::find_header(response, "Content-Type");
        text += (type ? " (" + *type + ")" : "") + " without AWS' own words";
    } else {
        text += " " + code + (message.empty() ? "" : " - " + message);
    }
    return {kind_of(response, code), base::printable(text, kMaxSaid)};
}

}  // namespace aws
