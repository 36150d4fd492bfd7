#include "http/url.h"

#include <gtest/gtest.h>

namespace {

TEST(CheckUrl, TakesWhatCasGive)
{
    for (const char* url :
         {"https://acme-v02.api.letsencrypt.org/directory",
          "https://ca.example", "https://ca.example:14000/dir",
          "https://192.0.2.1/", "https://[2001:db8::1]:8443/a",
          "HTTPS://CA.example/", "https://ca.example/a?b=c&d=%20",
          "https://internal_ca.lan/~x/(1)!$'*+,;=:@",
          "http://127.0.0.1:4001/dir", "http://127.9.9.9/", "http://[::1]/",
          "http://localhost:8080/dir", "http://LOCALHOST/"})
    {
        EXPECT_TRUE(http::check_url(url)) << url;
    }
    EXPECT_TRUE(http::check_url("https://ca.example/"
                                + std::string(2048 - 19, 'a')));
}

TEST(CheckUrl, RefusesWhatIsNoUrlOfACa)
{
    const std::string bad[] = {
        "",
        "/relative",
        "//ca.example/",
        "ca.example",
        "https:/ca.example",
        "https:",
        "https://",
        "https:///path",
        "https://:443/",
        "https://?x",
        "file:///etc/passwd",
        "ftp://ca.example/",
        "javascript:alert(1)",
        "https://user@ca.example/",
        "https://user:password@ca.example/",
        "https://ca.example@evil.example/",
        "https://ca.example/#fragment",
        "https://ca.example#@evil.example/",
        "https://ca.example/a b",
        " https://ca.example/",
        "https://ca.example/\r\nX-Injected: 1",
        "https://ca.example/\t",
        "https://ca.example/\x7f",
        "https://ca.example/\"",
        "https://ca.example/<>",
        "https://ca.example\\@evil.example/",
        "https://ca.example/\xc3\xa4",
        "https://ca.example:0/",
        "https://ca.example:65536/",
        "https://ca.example:99999999999/",
        "https://ca.example:44a/",
        "https://ca.example:/",
        "https://ca%2eexample/",
        "https://[::1",
        "https://[::1]x/",
        "https://[zz::1]/",
        "https://[192.0.2.1]/",
        "https://[fe80::1%25eth0]/",
        "https://a[b]/",
        std::string("https://ca.example/\0", 20),
        "https://ca.example/" + std::string(2048 - 18, 'a'),
    };
    for (const auto& url : bad) {
        const auto status = http::check_url(url);
        ASSERT_FALSE(status) << url;
        EXPECT_EQ(status.error().kind, base::ErrorKind::protocol) << url;
        EXPECT_FALSE(status.error().message.empty());
    }
}

TEST(CheckUrl, SaysWhatIsWrong)
{
    struct Case {
        const char *url, *why;
    };
    const Case kCases[] = {
        {"https://ca.example/#x", "it has a fragment"},
        {"https://ca.example/ x", "it has a character that no URL may have"},
        {"https://u@ca.example/", "it has a user"},
        {"https://:1/", "it has no host"},
        {"ca.example", "it does not begin with \"https://\""},
        {"http://ca.example/", "plain http is for loopback addresses only"},
    };
    for (const auto& [url, why] : kCases) {
        EXPECT_EQ(http::check_url(url).error().message, why);
    }
}

TEST(CheckUrl, TakesPlainHttpFromThisMachineOnly)
{
    for (const char* url :
         {"http://ca.example/", "http://126.0.0.1/", "http://[::2]/",
          "http://localhost.evil.example/", "http://127.0.0.1.evil.example/",
          "http://127.1/", "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/",
          "http://2130706433/"})
    {
        EXPECT_FALSE(http::check_url(url)) << url;
    }
}

TEST(HostOf, GivesTheHostAlone)
{
    EXPECT_EQ(http::host_of("https://CA.Example/a/b"), "ca.example");
    EXPECT_EQ(http::host_of("https://ca.example:8443?x"), "ca.example");
    EXPECT_EQ(http::host_of("https://[2001:DB8::1]:443/"), "2001:db8::1");
    EXPECT_EQ(http::host_of("https://[2001:db8::1]"), "2001:db8::1");
    EXPECT_EQ(http::host_of("https://192.0.2.1:443"), "192.0.2.1");
    EXPECT_EQ(http::host_of("https://u:p@ca.example:1/"), "ca.example");
    EXPECT_EQ(http::host_of(""), "");
    EXPECT_EQ(http::host_of("https://[::1"), "[::1");
}

TEST(ResolveUrl, FollowsTheExamplesOfRfc3986)
{
    struct Case {
        const char *reference, *target;
    };
    // Sections 5.4.1 and 5.4.2, without fragments.
    const Case kCases[] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {";x", "http://a/b/c/;x"},
        {"g;x?y", "http://a/b/c/g;x?y"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"a//b", "http://a/b/c/a//b"},
    };
    for (const auto& [reference, target] : kCases) {
        EXPECT_EQ(http::resolve_url("http://a/b/c/d;p?q", reference), target)
            << reference;
    }
}

TEST(ResolveUrl, KeepsAnAbsoluteUrlByteForByte)
{
    // RFC 8555, section 6.4: a signed URL must be the CA's own.
    EXPECT_EQ(http::resolve_url("https://ca.example/",
                                "HTTPS://Other.example:443/a/../b"),
              "HTTPS://Other.example:443/a/../b");
}

TEST(ResolveUrl, ManagesWithoutAPath)
{
    EXPECT_EQ(http::resolve_url("https://ca.example", "a"),
              "https://ca.example/a");
    EXPECT_EQ(http::resolve_url("https://ca.example?x", "/a"),
              "https://ca.example/a");
}

}  // namespace
