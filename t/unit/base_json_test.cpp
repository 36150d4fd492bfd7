#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using base::ErrorKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace json = base::json;

json::Value object(const char* text)
{
    auto value = json::parse_object(text);
    EXPECT_TRUE(value) << text;
    return value ? *value : json::Value::object();
}

TEST(ParseObject, TakesObjectsAlone)
{
    EXPECT_TRUE(json::parse_object("{}"));
    EXPECT_TRUE(json::parse_object(" {\"a\":[1,{\"b\":null}]}\n"));
    for (const char* text :
         {"", " ", "[]", "null", "\"text\"", "17", "{", "{}x", "{\"a\":}",
          "<html><body>503</body></html>", "{\"a\":1e999}", "{'a':1}"})
    {
        const auto value = json::parse_object(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().kind, ErrorKind::protocol) << text;
    }
}

TEST(ParseObject, RefusesBytesThatAreNoUtf8)
{
    EXPECT_FALSE(json::parse_object("{\"a\":\"\xff\"}"));
}

std::string nested(std::size_t levels)
{
    return "{\"a\":" + std::string(levels, '[') + std::string(levels, ']')
           + "}";
}

TEST(ParseObject, BoundsTheDepth)
{
    EXPECT_TRUE(json::parse_object(nested(31)));
    EXPECT_FALSE(json::parse_object(nested(32)));
    EXPECT_FALSE(json::parse_object(nested(1'000'000)));
    EXPECT_FALSE(json::parse_object(std::string(1'000'000, '[')));
    EXPECT_FALSE(json::parse_object("{\"a\":\"\\"));
}

TEST(ParseObject, CountsNoBracketsWithinStrings)
{
    const std::string brackets(100, '[');
    const auto value =
        json::parse_object("{\"a\":\"\\\"\\\\" + brackets + "\"}");
    ASSERT_TRUE(value);
    EXPECT_EQ(*json::get_string(*value, "a"), "\"\\" + brackets);
}

TEST(GetString, NamesTheMemberThatIsWrong)
{
    const auto value = object(R"({"status":"valid","n":1,"none":null})");
    EXPECT_EQ(*json::get_string(value, "status"), "valid");
    EXPECT_EQ(json::get_string(value, "url").error().message,
              "\"url\" is missing");
    EXPECT_EQ(json::get_string(value, "none").error().message,
              "\"none\" is missing");
    EXPECT_EQ(json::get_string(value, "n").error().message,
              "\"n\" is not a string");
    EXPECT_EQ(json::get_string(value, "n").error().kind, ErrorKind::protocol);
}

TEST(GetString, ReadsNothingOutOfWhatIsNoObject)
{
    EXPECT_FALSE(json::get_string(json::Value::array({"status"}), "status"));
    EXPECT_FALSE(json::get_string(json::Value(17), "status"));
}

TEST(GetStrings, TakesNoOtherElements)
{
    const auto value = object(
        R"({"urls":["a","b"],"mixed":["a",1],"text":"a","empty":[]})");
    EXPECT_THAT(*json::get_strings(value, "urls"), ElementsAre("a", "b"));
    EXPECT_THAT(*json::get_strings(value, "empty"), IsEmpty());
    EXPECT_THAT(json::get_strings(value, "mixed").error().message,
                HasSubstr("\"mixed\""));
    EXPECT_FALSE(json::get_strings(value, "text"));
    EXPECT_FALSE(json::get_strings(value, "absent"));
}

TEST(Find, GivesNothingForAbsentNullAndOtherTypes)
{
    const auto value = object(
        R"({"s":"x","i":-7,"b":true,"o":{},"a":["x",1,"y"],"none":null})");
    EXPECT_EQ(json::find_string(value, "s"), "x");
    EXPECT_EQ(json::find_integer(value, "i"), -7);
    EXPECT_EQ(json::find_bool(value, "b"), true);
    EXPECT_THAT(json::find_strings(value, "a"), ElementsAre("x", "y"));
    EXPECT_NE(json::find_object(value, "o"), nullptr);
    EXPECT_NE(json::find_array(value, "a"), nullptr);
    for (const char* name : {"absent", "none"}) {
        EXPECT_EQ(json::find_string(value, name), std::nullopt);
        EXPECT_EQ(json::find_integer(value, name), std::nullopt);
        EXPECT_EQ(json::find_bool(value, name), std::nullopt);
        EXPECT_THAT(json::find_strings(value, name), IsEmpty());
        EXPECT_EQ(json::find_object(value, name), nullptr);
        EXPECT_EQ(json::find_array(value, name), nullptr);
    }
    EXPECT_EQ(json::find_string(value, "i"), std::nullopt);
    EXPECT_EQ(json::find_integer(value, "s"), std::nullopt);
    EXPECT_EQ(json::find_bool(value, "i"), std::nullopt);
    EXPECT_THAT(json::find_strings(value, "s"), IsEmpty());
    EXPECT_EQ(json::find_object(value, "a"), nullptr);
    EXPECT_EQ(json::find_array(value, "o"), nullptr);
}

TEST(Find, TakesOnlyIntegersThatFit)
{
    const auto value = object(R"({"max":9223372036854775807,
        "min":-9223372036854775808, "more":9223372036854775808,
        "huge":99999999999999999999999, "part":1.5})");
    EXPECT_EQ(json::find_integer(value, "max"), INT64_MAX);
    EXPECT_EQ(json::find_integer(value, "min"), INT64_MIN);
    EXPECT_EQ(json::find_integer(value, "more"), std::nullopt);
    EXPECT_EQ(json::find_integer(value, "huge"), std::nullopt);
    EXPECT_EQ(json::find_integer(value, "part"), std::nullopt);
}

TEST(Dump, IsCompactAndTakesAnyBytes)
{
    EXPECT_EQ(json::dump({{"b", 1}, {"a", {"x", "y"}}}),
              R"({"a":["x","y"],"b":1})");
    EXPECT_EQ(json::dump({{"a", "caf\xe9"}}), "{\"a\":\"caf\xef\xbf\xbd\"}");
    EXPECT_EQ(json::dump({{"a", "\"\n"}}), R"({"a":"\"\n"})");
}

}  // namespace
