// What fuzzing found worth keeping, given to the same targets, without
// libFuzzer. A finding ends the process, as a sanitizer does.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

#include "fuzz.h"

namespace {

using std::filesystem::directory_iterator;
using std::filesystem::path;

const path kCorpus = ACME_FUZZ_CORPUS;

std::string content_of(const path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

class FuzzCorpus : public testing::TestWithParam<fuzz::Target> {};

TEST_P(FuzzCorpus, IsReadWithoutAFinding)
{
    const auto folder = kCorpus / GetParam().name;
    std::error_code error;
    std::size_t inputs = 0;
    for (const auto& entry : directory_iterator(folder, error)) {
        GetParam().run(content_of(entry.path()));
        ++inputs;
    }
    EXPECT_GT(inputs, 0U) << folder << ": " << error.message();
}

INSTANTIATE_TEST_SUITE_P(
    Targets, FuzzCorpus, testing::ValuesIn(fuzz::targets()),
    [](const auto& info) { return info.param.name; });

TEST(FuzzCorpusFolder, IsThatOfATarget)
{
    std::set<std::string> names;
    for (const auto& target : fuzz::targets()) {
        names.insert(target.name);
    }
    std::error_code error;
    for (const auto& entry : directory_iterator(kCorpus, error)) {
        EXPECT_EQ(names.count(entry.path().filename()), 1U) << entry;
    }
    EXPECT_FALSE(error) << error.message();
}

}  // namespace
