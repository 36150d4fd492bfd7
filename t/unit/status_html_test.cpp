// The status page: what is in it, and that nothing in it is more than text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "status/detail.h"
#include "status/html_assets.h"
#include "status/html_text.h"
#include "status/report.h"

namespace {

using namespace status;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kSeconds = 1'800'000'000;
const base::Time kNow{seconds(kSeconds)};
constexpr std::string_view kMarkup = "<img src=x onerror=alert(1)>\"'&";
constexpr const char* kEscaped =
    "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;";

class StatusHtml : public testing::Test {
protected:
    StatusHtml()
    {
        certificate_.id = "a.example";
        certificate_.names = {"a.example", "b.example"};
        certificate_.served = true;
        certificate_.issuer = "ca";
        head_.state = State::valid;
        head_.not_before = kSeconds - 30 * 86'400;
        head_.not_after = kSeconds + 60 * 86'400;
        report_.now = kNow;
        report_.helper = {4711, kNow - seconds(60), true};
    }

    std::string html()
    {
        const Row row{&certificate_, head_};
        report_.totals = totals_of(std::vector{row}, kNow);
        report_.page.matching = 1;
        report_.entries = {{row, detail_text_.empty()
                                     ? encode(detail_, 32'000)
                                     : detail_text_}};
        return to_html(report_);
    }

    Certificate certificate_;
    Head head_;
    Detail detail_;
    std::string detail_text_;
    Report report_;
};

TEST_F(StatusHtml, ShowsACertificate)
{
    detail_.serial = "0a0b";
    detail_.history = {{kNow, "issued", "valid until then"}};
    const auto text = html();
    EXPECT_THAT(text, HasSubstr("class=\"badge valid\">valid<"));
    EXPECT_THAT(text, HasSubstr("a.example"));
    EXPECT_THAT(text, HasSubstr("in 60 d"));
    EXPECT_THAT(text, HasSubstr("class=\"left\" width=\"67\""));
    EXPECT_THAT(text, HasSubstr("<code>0a0b</code>"));
    EXPECT_THAT(text, HasSubstr("valid until then"));
    EXPECT_THAT(text, HasSubstr("process 4711"));
    EXPECT_THAT(text, Not(HasSubstr("role=\"alert\"")));
}

TEST_F(StatusHtml, WhatOthersWroteIsTextEverywhere)
{
    const std::string markup(kMarkup);
    certificate_.id = markup;
    certificate_.names = {markup, markup};
    certificate_.issuer = markup;
    certificate_.records = {{markup, markup, markup}};
    detail_.serial = detail_.sha256 = markup;
    detail_.chain = {markup};
    detail_.activity = detail_.challenge = markup;
    const base::Problem problem{markup, markup, "https://" + markup,
                                {{markup, markup, markup}}};
    detail_.last_error = Remark{kNow, markup, problem};
    detail_.warning = detail_.rehearsal = detail_.last_error;
    detail_.history = {{kNow, markup, markup}};
    report_.version = markup;
    report_.query.search = markup;
    report_.api = "/" + markup;
    report_.page.pages = 3;
    report_.page.number = 2;
    const auto text = html();
    EXPECT_THAT(text, Not(HasSubstr("<img")));
    EXPECT_THAT(text, Not(HasSubstr("\"'&")));
    EXPECT_THAT(text, HasSubstr(kEscaped));
}

TEST_F(StatusHtml, OnlyHttpsIsALink)
{
    detail_.last_error = Remark{kNow, "no", base::Problem{}};
    for (const auto* url : {"javascript:alert(1)", "http://ca/", "data:x",
                            " https://ca/"})
    {
        detail_.last_error->problem->instance = url;
        EXPECT_THAT(html(), Not(HasSubstr("<a href=\"" + std::string(url))));
    }
    detail_.last_error->problem->instance = "https://ca/doc";
    EXPECT_THAT(html(), HasSubstr("<a href=\"https://ca/doc\" rel=\"noopener "
                                  "noreferrer\">"));
}

TEST_F(StatusHtml, ButtonsOnlyWhereTheyLeadSomewhere)
{
    EXPECT_THAT(html(), Not(HasSubstr("method=\"post\"")));
    report_.api = "/acme";
    certificate_.id = "*.a.example";
    const auto text = html();
    EXPECT_THAT(text, HasSubstr("formaction=\"/acme/certificates/"
                                "%2A.a.example/renew\""));
    EXPECT_THAT(text, HasSubstr("/revoke?reason=keyCompromise\""));
    EXPECT_THAT(text, Not(HasSubstr("/retry")));
    head_ = Head{};
    head_.attempts = 2;
    const auto pending = html();
    EXPECT_THAT(pending, HasSubstr("/retry"));
    EXPECT_THAT(pending, Not(HasSubstr("/revoke")));
}

TEST_F(StatusHtml, AHelperThatIsDownComesFirst)
{
    report_.helper.alive = false;
    EXPECT_THAT(html(), HasSubstr("Nothing is obtained or renewed."));
    report_.helper.pid = 0;
    EXPECT_THAT(html(), HasSubstr("has not begun yet"));
}

TEST_F(StatusHtml, StandsWithoutDetails)
{
    for (const auto* text : {"{", "no JSON", "[]", "{\"history\":[3,{}],"
                             "\"last_error\":4,\"chain\":\"x\"}"})
    {
        detail_text_ = text;
        EXPECT_THAT(html(), HasSubstr("a.example"));
    }
}

TEST_F(StatusHtml, LeafsThroughPages)
{
    report_.page.pages = 3;
    report_.page.number = 2;
    report_.query.search = "a&b";
    const auto text = html();
    EXPECT_THAT(text, HasSubstr("rel=\"prev\" href=\"?q=a%26b\""));
    EXPECT_THAT(text, HasSubstr("rel=\"next\" href=\"?q=a%26b&amp;page=3\""));
    EXPECT_THAT(text, HasSubstr("value=\"a&amp;b\""));
}

TEST(StatusHtmlPage, SaysThatThereIsNothing)
{
    Report report;
    report.helper.alive = true;
    EXPECT_THAT(to_html(report), HasSubstr("No certificate is managed here"));
    report.query.search = "x";
    EXPECT_THAT(to_html(report), HasSubstr("Nothing matches."));
}

TEST(StatusHtmlPage, ItsStyleAndScriptAreTheOnesThatItsPolicyAllows)
{
    const auto text = to_html(Report{});
    EXPECT_THAT(text, HasSubstr("<style>" + std::string(kStyle) + "</style>"));
    EXPECT_THAT(text,
                HasSubstr("<script>" + std::string(kScript) + "</script>"));
    EXPECT_THAT(text, Not(HasSubstr(" style=")));
    EXPECT_THAT(html_policy(), testing::MatchesRegex(
        "default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]+='; script-src "
        "'sha256-[A-Za-z0-9+/]+='; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"));
}

}  // namespace
