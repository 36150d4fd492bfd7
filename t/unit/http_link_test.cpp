#include "http/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kBase = "https://ca.example/acme/cert/mAt3xBGaobw";

std::vector<std::string> alternates(std::vector<std::string> values)
{
    http::Response response;
    for (auto& value : values) {
        response.headers.emplace_back("link", std::move(value));
    }
    return http::find_links(response, "alternate", kBase);
}

TEST(FindHeader, KnowsNoCase)
{
    http::Response response;
    response.headers = {{"replay-nonce", "a"},
                        {"LINK", "<1>"},
                        {"Replay-Nonce", "b"},
                        {"Replay-Nonc", "c"}};
    EXPECT_EQ(http::find_header(response, "Replay-Nonce"), "a");
    EXPECT_THAT(http::find_headers(response, "Replay-Nonce"),
                ElementsAre("a", "b"));
    EXPECT_EQ(http::find_header(response, "Location"), std::nullopt);
}

TEST(FindLinks, ReadsTheExampleOfRfc8555)
{
    // Section 7.4.2.
    EXPECT_THAT(
        alternates({"<https://example.com/acme/directory>;rel=\"index\"",
                    "<https://example.com/acme/cert/mAt3xBGaobw/1>;"
                    "rel=\"alternate\""}),
        ElementsAre("https://example.com/acme/cert/mAt3xBGaobw/1"));
}

TEST(FindLinks, ReadsSeveralHeadersAndSeveralLinksInOne)
{
    EXPECT_THAT(alternates({"</1>;rel=alternate , </2>; rel=\"alternate\"",
                            ",,</3> ; rel = alternate,</4>;rel=up"}),
                ElementsAre("https://ca.example/1", "https://ca.example/2",
                            "https://ca.example/3"));
}

TEST(FindLinks, KnowsRelationsInAnyCaseAndSeveralInOne)
{
    EXPECT_THAT(alternates({"</1>;REL=\"up Alternate\"",
                            "</2>;rel=\"alternates\"",
                            "</3>;rel=\"\"", "</4>"}),
                ElementsAre("https://ca.example/1"));
    // RFC 8288, section 3.3: the first "rel" counts.
    EXPECT_THAT(alternates({"</1>;rel=up;rel=alternate"}), IsEmpty());
}

TEST(FindLinks, IsNotMisledByQuotes)
{
    EXPECT_THAT(
        alternates({"</1>;title=\"a, <x>;rel=alternate\";rel=up,"
                    "</2>;title=\"say \\\"hi\\\", ok;\";rel=alternate"}),
        ElementsAre("https://ca.example/2"));
    EXPECT_THAT(
        alternates({"</1>;title=\"5\\\", </2>;rel=alternate\";rel=up",
                    "</3> \";rel=alternate;\";rel=up"}),
        IsEmpty());
    EXPECT_THAT(alternates({"</a,b;c>;rel=alternate"}),
                ElementsAre("https://ca.example/a,b;c"));
}

TEST(FindLinks, ResolvesRelativeTargets)
{
    EXPECT_THAT(alternates({"<mAt3xBGaobw/1>;rel=alternate",
                            "<//other.example/2>;rel=alternate",
                            "<?n=3>;rel=alternate"}),
                ElementsAre("https://ca.example/acme/cert/mAt3xBGaobw/1",
                            "https://other.example/2",
                            "https://ca.example/acme/cert/mAt3xBGaobw?n=3"));
}

TEST(FindLinks, PassesOverWhatIsBroken)
{
    EXPECT_THAT(alternates({"", " ", ";", "<", "</1", "garbage;rel=alternate",
                            "</2>;rel=\"alternate", "</3>;=;;rel=alternate"}),
                ElementsAre("https://ca.example/2", "https://ca.example/3"));
    EXPECT_THAT(alternates({"x, </1>;rel=alternate"}),
                ElementsAre("https://ca.example/1"));
    EXPECT_THAT(alternates({"</1>;rel=\"\\"}), IsEmpty());
}

TEST(FindLinks, IsDoneQuicklyWithALongHeader)
{
    for (const char* piece :
         {"<", ">", ";", ",", "\"", "<>;rel=alternate,", "\\", "=", "a"})
    {
        std::string header;
        while (header.size() < 1'000'000) {
            header += piece;
        }
        EXPECT_LE(alternates({header}).size(), 32u);
    }
}

}  // namespace
