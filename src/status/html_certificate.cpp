#include "status/html_certificate.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "status/html_text.h"

namespace status {

namespace {

using base::json::find_array;
using base::json::find_bool;
using base::json::find_object;
using base::json::find_string;
using base::json::Value;

constexpr std::string_view kReasons[] = {
    "superseded", "keyCompromise", "cessationOfOperation",
    "affiliationChanged", "unspecified"};

std::string text_of(const Value& object, const char* name)
{
    return find_string(object, name).value_or("");
}

base::Time moment(std::int64_t seconds)
{
    return base::Time(std::chrono::seconds(seconds));
}

class Unfolding {
public:
    Unfolding(const Entry& entry, const Report& report)
        : certificate_(*entry.row.certificate),
          head_(entry.row.head),
          report_(report),
          state_(state_at(head_, report.now))
    {
        if (auto detail = base::json::parse_object(entry.detail)) {
            detail_ = std::move(*detail);
        }
    }

    std::string html() const
    {
        return "<details class=\"row\" id=\"" + escape(certificate_.id)
            + "\"><summary>" + summary()
            + "</summary><div class=\"body\">" + facts() + error() + deployed()
            + records() + rehearsal() + history() + commands() + "</div></details>\n";
    }

private:
    std::string summary() const
    {
        std::string html = "<span class=\"badge " + state() + "\">" + state()
            + "</span><span class=\"id\">" + escape(certificate_.id);
        if (certificate_.names.size() > 1) {
            html += " <span class=\"more\">+"
                + std::to_string(certificate_.names.size() - 1) + "</span>";
        }
        html += "</span><span>" + lifetime() + "</span><span>" + next()
            + "</span>";
        return html + trouble();
    }

    std::string trouble() const
    {
        if (const auto* error = find_object(detail_, "last_error")) {
            const auto url = text_of(*error, "url");
            return element("span class=\"error\"", text_of(*error, "detail"))
                + (url.empty() ? url
                               : "<span class=\"error\">" + link(url)
                                     + "</span>");
        }
        if (const auto* warning = find_object(detail_, "warning")) {
            return element("span class=\"error warning\"",
                           text_of(*warning, "detail"));
        }
        const auto undeployed = deployment_trouble();
        return undeployed.empty()
            ? undeployed
            : element("span class=\"error warning\"", undeployed);
    }

    std::string deployment_trouble() const
    {
        for (const auto& deployment : deployments()) {
            if (const auto* error = find_object(deployment, "last_error")) {
                return text_of(deployment, "name") + ": "
                    + text_of(*error, "detail");
            }
        }
        return {};
    }

    const Value& deployments() const
    {
        static const Value none = Value::array();
        const auto* all = find_array(detail_, "deployments");
        return all == nullptr ? none : *all;
    }

    std::string state() const { return std::string(name_of(state_)); }

    std::string lifetime() const
    {
        if (head_.not_after == 0) {
            return "<span class=\"soft\">no certificate yet</span>";
        }
        const auto end = moment(head_.not_after);
        const bool over = end <= report_.now;
        return std::string(over ? "ended " : "ends ")
            + relative_time(end, report_.now) + bar();
    }

    std::string bar() const
    {
        const auto percent = std::to_string(
            std::lround(100 * share_left(head_, report_.now)));
        return "<svg class=\"bar " + state()
            + "\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" "
              "role=\"img\" aria-label=\"" + percent
            + " % of its lifetime left\"><rect class=\"track\" width=\"100\" "
              "height=\"6\"/><rect class=\"left\" width=\"" + percent
            + "\" height=\"6\"/></svg>";
    }

    std::string next() const
    {
        if (const auto activity = text_of(detail_, "activity");
            !activity.empty())
        {
            return escape(activity);
        }
        if (head_.next_at == 0) {
            return {};
        }
        const auto at = moment(head_.next_at);
        std::string html(head_.not_after == 0
                                 && head_.next_action == NextAction::renew
                             ? std::string_view("order")
                             : name_of(head_.next_action));
        html += at <= report_.now ? " <span class=\"soft\">now</span>"
                                  : " " + relative_time(at, report_.now);
        if (head_.attempts > 0) {
            html += "<br><span class=\"soft\">"
                + std::to_string(head_.attempts)
                + (head_.attempts == 1 ? " failure" : " failures")
                + "</span>";
        }
        return html;
    }

    static std::string fact(std::string_view name, const std::string& html)
    {
        return html.empty() ? html
                            : element("dt", name) + "<dd>" + html + "</dd>";
    }

    static std::string code(const std::string& text)
    {
        return element("code", text);
    }

    std::string facts() const
    {
        std::string html = "<dl>";
        html += fact("Names", escape(joined(certificate_.names, ", ")));
        const auto other = text_of(detail_, "issuer");
        html += fact("Issuer", other.empty()
                                   ? escape(certificate_.issuer)
                                   : escape(other) + ", instead of "
                                         + escape(certificate_.issuer));
        html += fact("Key", escape(joined(certificate_.key_types, ", ")));
        if (head_.not_after != 0) {
            html += fact("Valid", time(moment(head_.not_before)) + " to "
                                      + time(moment(head_.not_after)));
        }
        if (head_.next_at != 0) {
            html += fact("Next", escape(name_of(head_.next_action)) + " "
                                     + time(moment(head_.next_at)));
        }
        html += fact("Issued by",
                     escape(joined(base::json::find_strings(detail_, "chain"),
                                   " \xe2\x86\x90 ")));
        html += fact("Serial", code(text_of(detail_, "serial")));
        html += fact("SHA-256", code(text_of(detail_, "sha256")));
        if (const auto* window = find_object(detail_, "renewal_info")) {
            html += fact("Suggested by the CA", suggestion(*window));
        }
        html += fact("Challenge", escape(text_of(detail_, "challenge")));
        if (!certificate_.served) {
            html += fact("Served", "not by this nginx");
        }
        if (const auto* warning = find_object(detail_, "warning")) {
            html += fact("Seen from outside", remark(*warning));
        }
        return html + "</dl>";
    }

    static std::string suggestion(const Value& window)
    {
        const auto url = text_of(window, "explanation_url");
        return escape(text_of(window, "start")) + " to "
            + escape(text_of(window, "end")) + ", chosen: "
            + escape(text_of(window, "at"))
            + (url.empty() ? url : ", see " + link(url));
    }

    static std::string joined(const std::vector<std::string>& all,
                              std::string_view separator)
    {
        std::string text;
        for (const auto& each : all) {
            if (!text.empty()) {
                text += separator;
            }
            text += each;
        }
        return text;
    }

    // What the CA said, whole.
    static std::string remark(const Value& object)
    {
        std::string html = "<p>" + escape(text_of(object, "detail")) + "</p>";
        const auto url = text_of(object, "url");
        if (!url.empty()) {
            html += "<p>" + link(url) + "</p>";
        }
        if (const auto type = text_of(object, "type"); !type.empty()) {
            html += "<p>" + code(type) + "</p>";
        }
        const auto* all = find_array(object, "subproblems");
        for (std::size_t i = 0; all != nullptr && i < all->size(); i++) {
            html += (i == 0 ? "<ul>" : "") + subproblem((*all)[i])
                + (i + 1 == all->size() ? "</ul>" : "");
        }
        if (const auto at = base::parse_time(text_of(object, "at"))) {
            html += "<p>" + time(*at) + "</p>";
        }
        return html;
    }

    static std::string subproblem(const Value& object)
    {
        if (!object.is_object()) {
            return {};
        }
        return "<li>" + element("b", text_of(object, "identifier")) + " "
            + escape(text_of(object, "detail")) + " "
            + code(text_of(object, "type")) + "</li>";
    }

    std::string error() const
    {
        const auto* error = find_object(detail_, "last_error");
        return error == nullptr ? std::string()
                                : element("h3", "Last error") + remark(*error);
    }

    std::string deployed() const
    {
        std::string rows;
        for (const auto& deployment : deployments()) {
            const auto* error = find_object(deployment, "last_error");
            const auto at = base::parse_time(text_of(deployment, "done_at"));
            const auto next = base::parse_time(text_of(deployment, "next_at"));
            rows += "<tr><td>" + escape(text_of(deployment, "name"))
                + "</td><td>" + escape(text_of(deployment, "state"))
                + "</td><td>" + (at ? time(*at) : std::string())
                + (error ? remark(*error) : std::string())
                + (next ? "<p>next attempt " + time(*next) + "</p>"
                        : std::string())
                + "</td></tr>";
        }
        return rows.empty() ? rows
                            : element("h3", "Deployed to")
                + "<table>" + rows + "</table>";
    }

    std::string rehearsal() const
    {
        const auto* result = find_object(detail_, "rehearsal");
        if (result == nullptr) {
            return {};
        }
        const bool passed = find_bool(*result, "passed").value_or(false);
        return element("h3", passed ? "Rehearsal: passed"
                                    : "Rehearsal: failed")
            + remark(*result);
    }

    std::string records() const
    {
        std::string rows;
        for (const auto& record : certificate_.records) {
            rows += "<tr><td>" + code(record.name) + "</td><td>"
                + escape(record.type) + "</td><td>" + code(record.value)
                + "</td></tr>";
        }
        return rows.empty() ? rows
                            : element("h3", "DNS records to set, once")
                + "<table><tr><th>Name</th><th>Type</th>"
                  "<th>Value</th></tr>" + rows + "</table>";
    }

    std::string history() const
    {
        std::string rows;
        const auto* events = find_array(detail_, "history");
        for (std::size_t i = 0; events != nullptr && i < events->size(); i++) {
            const auto& event = (*events)[i];
            const auto at = event.is_object()
                ? base::parse_time(text_of(event, "at"))
                : base::Error{base::ErrorKind::protocol, "no object"};
            if (at) {
                rows += "<tr><td>" + time(*at) + "</td><td>"
                    + escape(text_of(event, "event")) + "</td><td>"
                    + escape(text_of(event, "text")) + "</td></tr>";
            }
        }
        return rows.empty() ? rows
                            : element("h3", "History")
                + "<table class=\"history\">" + rows + "</table>";
    }

    std::string button(std::string_view text, std::string_view action,
                       std::string_view kind = "") const
    {
        auto path = report_.api;
        if (!path.ends_with('/')) {
            path += '/';
        }
        path += "certificates/" + percent_encode(certificate_.id) + "/";
        return "<button" + std::string(kind) + " formaction=\""
            + escape(path + std::string(action)) + "\">" + escape(text)
            + "</button>";
    }

    std::string commands() const
    {
        if (report_.api.empty()) {
            return {};
        }
        std::string html = "<form method=\"post\"><div class=\"actions\">"
            + button(head_.not_after == 0 ? "Order now" : "Renew now", "renew")
            + button("Rehearse", "rehearse");
        if (head_.attempts > 0) {
            html += button("Retry now", "retry");
        }
        html += "</div>";
        return html + (head_.not_after != 0 ? revocation() : "") + "</form>";
    }

    std::string revocation() const
    {
        std::string html =
            "<details class=\"revoke\"><summary>Revoke ...</summary><p>The "
            "CA revokes the certificate, which cannot be undone. A new one is "
            "ordered at once; until it is there, the revoked one is served."
            "</p><div class=\"actions\">";
        for (const auto reason : kReasons) {
            html += button(reason, "revoke?reason=" + std::string(reason),
                           " class=\"danger\"");
        }
        return html + "</div></details>";
    }

    const status::Certificate& certificate_;
    const Head& head_;
    const Report& report_;
    const State state_;
    Value detail_ = Value::object();
};

}  // namespace

std::string html_of(const Entry& entry, const Report& report)
{
    return Unfolding(entry, report).html();
}

}  // namespace status
