#include "base/base64url.h"

#include <algorithm>
#include <cstdint>

namespace base {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string base64url_encode(std::string_view bytes)
{
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (unsigned char byte : bytes) {
        bits = (bits << 8) | byte;
        for (count += 8; count >= 6; count -= 6) {
            text += kAlphabet[(bits >> (count - 6)) & 63];
        }
    }
    if (count > 0) {
        text += kAlphabet[(bits << (6 - count)) & 63];
    }
    return text;
}

Secret base64_encode(std::string_view bytes)
{
    std::string text = base64url_encode(bytes);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    Secret secret(text);
    wipe(text.data(), text.size());
    secret.append(std::string_view("==").substr(0, (3 - bytes.size() % 3) % 3));
    return secret;
}

Result<std::string> base64url_decode(std::string_view text)
{
    if (text.size() % 4 == 1) {
        return Error{ErrorKind::protocol,
                     "base64url text of impossible length"};
    }
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int count = 0;
    for (char c : text) {
        const auto value = kAlphabet.find(c);
        if (value == std::string_view::npos) {
            return Error{ErrorKind::protocol,
                         "character outside the base64url alphabet"};
        }
        bits = (bits << 6) | std::uint32_t(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += char((bits >> count) & 255);
        }
    }
    return bytes;
}

bool is_base64url(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return kAlphabet.find(c) != std::string_view::npos;
    });
}

}  // namespace base
