// Less patience for one answer, more for several.

#include "http/repeater.h"

#include <gtest/gtest.h>

#include "wire.h"

namespace {

using namespace wire_test;

bool is_trouble(const base::Result<http::Response>& result)
{
    return !result || result->status >= 500;
}

class HttpRepeater : public testing::Test {
protected:
    // How the request ended: a status, or what went wrong.
    std::string send(unsigned tries)
    {
        http::Request request;
        request.url = "https://a.example/";
        Outcome<http::Response> outcome;
        const auto begin = wire.loop.now();
        repeater.send(request, {2s, tries, is_trouble}, outcome.callback());
        wire.loop.run_until([&] { return outcome.came(); });
        took = wire.loop.now() - begin;
        // A second answer would be a failure.
        wire.loop.run_for(1min);
        return outcome.good() ? std::to_string(outcome.value().status)
                              : outcome.message();
    }

    Wire wire;
    http::Repeater repeater{wire.client(), wire.loop, wire.random};
    base::Duration took{0};
};

TEST_F(HttpRepeater, AnAnswerThatComesTooLateIsNone)
{
    wire.delay(3s).answer(200);
    EXPECT_EQ(send(1), "https://a.example/: no answer within 2 s");
    EXPECT_EQ(took, 2s);
}

TEST_F(HttpRepeater, NorIsItTheAnswerToTheNextTry)
{
    wire.delay(3s + 500ms).answer(200).answer(404);
    EXPECT_EQ(send(2), "https://a.example/: no answer within 2 s");
    EXPECT_EQ(took, 2s + 1s + 2s);
}

TEST_F(HttpRepeater, WaitsLongerEachTime)
{
    wire.answer(500).lose().answer(503).answer(200);
    EXPECT_EQ(send(5), "200");
    EXPECT_EQ(took, 1s + 2s + 4s + 4 * 10ms);
}

TEST_F(HttpRepeater, GivesTheLastAnswerThereIs)
{
    wire.answer(500).answer(503);
    EXPECT_EQ(send(2), "503");
}

TEST_F(HttpRepeater, DoesNotRepeatWhatRepeatingDoesNotHelp)
{
    wire.answer(403);
    EXPECT_EQ(send(5), "403");
    EXPECT_EQ(wire.sent.size(), 1u);
}

TEST(HttpHeaderValue, IsPrintableAsciiOnOneLine)
{
    EXPECT_TRUE(http::is_header_value("Bearer a~!"));
    for (const auto* text : {"", "a\r\nb", "a\nb", "a\tb", "a\x7f", "\xc3\xa4"})
    {
        EXPECT_FALSE(http::is_header_value(text)) << text;
    }
}

}  // namespace
