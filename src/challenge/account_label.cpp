#include "challenge/account_label.h"

#include <cstdint>

#include "crypto/digest.h"

namespace challenge {

namespace {

// RFC 4648, section 6, in lower case.
constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr unsigned kDigitBits = 5;
constexpr std::size_t kBytes = 10;  // a whole number of digits

}  // namespace

std::string account_label(std::string_view account_url)
{
    const auto digest = crypto::sha256(account_url);
    std::string label = "_";
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (std::size_t i = 0; i < kBytes; i++) {
        bits = (bits << 8) | std::uint8_t(digest[i]);
        for (count += 8; count >= kDigitBits; count -= kDigitBits) {
            label += kAlphabet[(bits >> (count - kDigitBits)) & 31];
        }
    }
    return label;
}

}  // namespace challenge
