// What the fuzz targets share. A target is one file, <name>_fuzz.cpp, with
// one FUZZ_TARGET(<name>): it gives an input to code that reads what others
// wrote, and requires what must hold whatever that was. libfuzzer.cpp drives
// it with ever new inputs (`./build.sh fuzz`), the unit tests with the kept
// ones of corpus/<name>. These are what remains of build/fuzz/corpus after
//
//     build/fuzz/obj/<name> -merge=1 -use_counters=0 -max_len=...
//         t/fuzz/corpus/<name> build/fuzz/corpus/<name>
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace fuzz {

struct Target {
    std::string name;
    void (*run)(std::string_view input);
};

inline std::vector<Target>& targets()
{
    static std::vector<Target> all;
    return all;
}

inline bool add(Target target)
{
    targets().push_back(std::move(target));
    return true;
}

// Ends the process, which both drivers take for a finding.
inline void require(bool holds, std::string_view what,
                    std::string_view about = {})
{
    if (!holds) {
        std::fprintf(stderr, "this does not hold: %.*s\n%.*s\n",
                     int(what.size()), what.data(), int(about.size()),
                     about.data());
        std::abort();
    }
}

// What comes into a log line may not break it.
inline void require_printable(std::string_view text)
{
    require(base::printable(text, text.size() + 3) == text,
            "it is fit for a log line", text);
}

// Takes an input apart from its front; after the end it has zeros and empty
// lines.
class Input {
public:
    explicit Input(std::string_view bytes) : rest_(bytes) {}

    bool empty() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }

    unsigned byte()
    {
        const auto byte = take(1);
        return byte.empty() ? 0 : static_cast<unsigned char>(byte.front());
    }

    std::string_view take(std::size_t size)
    {
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view line()
    {
        const auto line = take(rest_.find('\n'));
        take(1);
        return line;
    }

private:
    std::string_view rest_;
};

// A point in time that inputs can refer to.
constexpr base::Time kNow = std::chrono::sys_days(
    std::chrono::year(2026) / 11 / 23);

}  // namespace fuzz

#define FUZZ_TARGET(target)                                                   \
    static void run_##target(std::string_view input);                         \
    [[maybe_unused]] static const bool k_##target =                           \
        fuzz::add({#target, run_##target});                                   \
    static void run_##target(std::string_view input)
