// Queries in the one form that AWS' signature knows.

#include "http/query.h"

#include <gtest/gtest.h>

namespace {

TEST(HttpQuery, IsSortedByNameAndEncoded)
{
    EXPECT_EQ(http::encode_query({}), "");
    EXPECT_EQ(http::encode_query({{"type", "TXT"},
                                  {"maxitems", "1"},
                                  {"name", "_acme-challenge.a.example"}}),
              "maxitems=1&name=_acme-challenge.a.example&type=TXT");
    EXPECT_EQ(http::encode_query({{"b", "/+= &\xc3\xa4~"}, {"a:", ""}}),
              "a%3A=&b=%2F%2B%3D%20%26%C3%A4~");
}

}  // namespace
