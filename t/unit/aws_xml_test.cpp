// The little XML that AWS' older services speak.

#include "aws/xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/xml_entity.h"

namespace {

using testing::SizeIs;

std::string text_of(std::string_view xml)
{
    const auto root = aws::parse_xml(xml);
    return root ? root->name + ":" + root->text : root.error().message;
}

TEST(AwsXml, ReadsElementsAndText)
{
    const auto root = aws::parse_xml(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!-- <x> --><A xmlns='u>r\"l' b = \"x\"><B>one</B><B>two</B>"
        "<C ><D/></C ></A>\n");
    ASSERT_TRUE(root) << root.error().message;
    EXPECT_EQ(root->name, "A");
    EXPECT_THAT(root->children, SizeIs(3));
    EXPECT_EQ(aws::text_at(*root, {"B"}), "one");
    EXPECT_NE(root->find("C")->find("D"), nullptr);
    EXPECT_EQ(aws::text_at(*root, {"C", "X", "Y"}), "");
}

TEST(AwsXml, DecodesTheEntitiesThatXmlItselfHas)
{
    EXPECT_EQ(text_of("<A>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x20AC;</A>"),
              "A:<>&\"'AB\xe2\x82\xac");
    EXPECT_EQ(text_of("<A>a<![CDATA[<&amp;]]>b<!-- c -->d</A>"),
              "A:a<&amp;bd");
}

TEST(AwsXml, WhatIsNotWellFormedIsRefused)
{
    for (const auto* xml :
         {"", " ", "text", "<A>", "<A", "<A></B>", "</A>", "<A/><B/>",
          "<A/>x", "<></>", "<A>&nbsp;</A>", "<A>&amp</A>", "<A>&#0;</A>",
          "<A>&#xd800;</A>", "<A>&#x110000;</A>", "<A>&#;</A>", "<A>&#x;</A>",
          "<A>&#-5;</A>", "&amp;<A/>", "<A b='x></A>", "<!-- <A/>",
          "<A><![CDATA[x</A>", "<!DOCTYPE A><A/>",
          "<!DOCTYPE A [<!ENTITY e 'x'>]><A>&e;</A>"})
    {
        EXPECT_EQ(text_of(xml), "no well-formed XML") << xml;
    }
}

TEST(AwsXml, IsBounded)
{
    const auto nested = [](std::size_t depth) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i) {
            text += "<A>";
        }
        for (std::size_t i = 0; i < depth; ++i) {
            text += "</A>";
        }
        return text;
    };
    EXPECT_TRUE(aws::parse_xml(nested(aws::kMaxDepth)));
    EXPECT_FALSE(aws::parse_xml(nested(aws::kMaxDepth + 1)));
    std::string many = "<A>";
    for (std::size_t i = 1; i < aws::kMaxElements; ++i) {
        many += "<B/>";
    }
    EXPECT_TRUE(aws::parse_xml(many + "</A>"));
    EXPECT_FALSE(aws::parse_xml(many + "<B/></A>"));
}

TEST(AwsXml, WhatIsEscapedComesBack)
{
    const std::string text = "a<b>&\"c\"";
    EXPECT_EQ(aws::escape_xml(text), "a&lt;b&gt;&amp;\"c\"");
    EXPECT_EQ(text_of("<A>" + aws::escape_xml(text) + "</A>"), "A:" + text);
}

}  // namespace
