// The driver of libFuzzer, linked with one target.

#include <cstdint>
#include <ctime>
#include <functional>

#include "fuzz.h"

namespace {

// No reader has work for that long: a loop within a loop has. CPU time, since
// a busy machine is no finding.
constexpr std::clock_t kLongest = CLOCKS_PER_SEC / 2;

// libFuzzer keeps inputs short, and what is slow is so with long ones only.
// So one in so many inputs is also tried as a long one, with a piece of it
// repeated up to the limit that readers have.
constexpr std::size_t kOneIn = 512;
constexpr std::size_t kLong = 64UL * 1024;

void run(std::string_view input)
{
    const auto begin = std::clock();
    fuzz::targets().front().run(input);
    fuzz::require(std::clock() - begin < kLongest, "it is read in no time");
}

// Short pieces most of the time: many of them fit.
std::string with_repeats(std::string_view input, std::size_t seed)
{
    const auto begin = (seed >> 16) % input.size();
    const auto longest = std::size_t(1) << (seed >> 32) % 10;
    const auto piece = input.substr(begin, 1 + (seed >> 40) % longest);
    std::string text(input.substr(0, begin));
    while (text.size() + input.size() < kLong) {
        text += piece;
    }
    return text.append(input.substr(begin));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    run(input);
    const auto seed = std::hash<std::string_view>()(input);
    if (!input.empty() && seed % kOneIn == 0) {
        run(with_repeats(input, seed));
    }
    return 0;
}
