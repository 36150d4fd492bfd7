#include "status/metrics.h"

#include <algorithm>
#include <cstdio>

namespace status {

void IssuerCounts::count_issued(base::Duration took)
{
    issued++;
    const double s = std::chrono::duration<double>(took).count();
    seconds += s;
    const auto* bound = std::ranges::find_if(
        kDurations, [s](unsigned limit) { return s <= limit; });
    durations[std::size_t(bound - kDurations)]++;
}

namespace {

using Labels = std::initializer_list<
    std::pair<std::string_view, std::string_view>>;

class Text {
public:
    void family(std::string_view name, std::string_view type,
                std::string_view help)
    {
        name_ = name;
        text_.append("# HELP ").append(name).append(" ").append(help);
        text_.append("\n# TYPE ").append(name).append(" ").append(type);
        text_ += '\n';
    }

    void sample(Labels labels, const std::string& value,
                std::string_view suffix = "")
    {
        text_.append(name_).append(suffix);
        char separator = '{';
        for (const auto& [name, content] : labels) {
            text_ += std::exchange(separator, ',');
            text_.append(name).append("=\"");
            escape(content);
            text_ += '"';
        }
        text_.append(separator == ',' ? "} " : " ").append(value) += '\n';
    }

    std::string take() { return std::move(text_); }

private:
    void escape(std::string_view content)
    {
        for (const char c : content) {
            if (c == '\n') {
                text_ += "\\n";
                continue;
            }
            if (c == '\\' || c == '"') {
                text_ += '\\';
            }
            text_ += c;
        }
    }

    std::string text_;
    std::string_view name_;
};

std::string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof(text), "%.3f", value);
    return text;
}

void add_certificates(Text& text, const Metrics& metrics)
{
    text.family("acme_certificate_not_after_timestamp_seconds", "gauge",
                "When the certificate ends.");
    for (const auto& [certificate, head] : metrics.rows) {
        if (head.not_after != 0) {
            text.sample({{"id", certificate->id},
                         {"issuer", certificate->issuer}},
                        std::to_string(head.not_after));
        }
    }
    text.family("acme_certificate_state", "gauge",
                "1 for the state that the certificate is in.");
    for (const auto& [certificate, head] : metrics.rows) {
        text.sample({{"id", certificate->id},
                     {"state", name_of(state_at(head, metrics.now))}},
                    "1");
    }
    text.family("acme_certificate_failures", "gauge",
                "Failed attempts in a row.");
    for (const auto& [certificate, head] : metrics.rows) {
        text.sample({{"id", certificate->id}}, std::to_string(head.attempts));
    }
    text.family("acme_next_action_timestamp_seconds", "gauge",
                "When something is next done about the certificate.");
    for (const auto& [certificate, head] : metrics.rows) {
        if (head.next_at != 0) {
            text.sample({{"id", certificate->id}},
                        std::to_string(head.next_at));
        }
    }
}

void add_durations(Text& text, const std::string& issuer,
                   const IssuerCounts& counts)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < counts.durations.size(); i++) {
        sum += counts.durations[i];
        text.sample({{"issuer", issuer},
                     {"le", i < std::size(kDurations)
                                ? std::to_string(kDurations[i])
                                : std::string("+Inf")}},
                    std::to_string(sum), "_bucket");
    }
    text.sample({{"issuer", issuer}}, number(counts.seconds), "_sum");
    text.sample({{"issuer", issuer}}, std::to_string(sum), "_count");
}

void add_issuers(Text& text, const Metrics& metrics)
{
    text.family("acme_issuance_total", "counter",
                "Attempts to obtain a certificate, by their end.");
    for (const auto& [issuer, counts] : metrics.issuers) {
        text.sample({{"issuer", issuer}, {"result", "issued"}},
                    std::to_string(counts.issued));
        text.sample({{"issuer", issuer}, {"result", "failed"}},
                    std::to_string(counts.failed));
    }
    text.family("acme_issuance_duration_seconds", "histogram",
                "From the beginning of an attempt to its certificate.");
    for (const auto& [issuer, counts] : metrics.issuers) {
        add_durations(text, issuer, counts);
    }
}

void add_workers(Text& text, const WorkerCounts& counts)
{
    const auto value = [&counts](Counted counted) {
        return std::to_string(counts[std::size_t(counted)]);
    };
    text.family("acme_challenge_responses_total", "counter",
                "Answers given to a CA that validates.");
    text.sample({{"type", "http-01"}}, value(Counted::http_01));
    text.sample({{"type", "tls-alpn-01"}}, value(Counted::tls_alpn_01));
    text.sample({{"type", "dns-01"}}, value(Counted::dns_01));
    text.family("acme_handshakes_total", "counter",
                "Full TLS handshakes of servers with a managed certificate, "
                "by the certificate they got.");
    text.sample({{"certificate", "managed"}}, value(Counted::managed));
    text.sample({{"certificate", "static"}}, value(Counted::static_file));
    text.sample({{"certificate", "placeholder"}},
                value(Counted::placeholder));
}

}  // namespace

std::string to_prometheus(const Metrics& metrics)
{
    Text text;
    add_certificates(text, metrics);
    add_issuers(text, metrics);
    add_workers(text, metrics.counts);
    text.family("acme_helper_up", "gauge",
                "Whether the process that obtains certificates is at work.");
    text.sample({}, metrics.helper.alive ? "1" : "0");
    return text.take();
}

}  // namespace status
