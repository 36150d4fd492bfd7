// acme_status: how the certificates are doing, rendered by a worker from the
// configuration and shared memory. What is asked for most, the first page in
// each form, is made once a second at most, however often it is asked for.
#include "nginx/status_page.h"

#include <algorithm>

#include "base/text.h"
#include "challenge/own_zone.h"
#include "event/machine.h"
#include "nginx/guarded.h"
#include "status/metrics.h"

namespace nginx {

namespace {

constexpr std::size_t kHtmlRows = 50;
constexpr std::size_t kJsonRows = 1000;
constexpr std::size_t kMaxSearch = 100;
constexpr std::size_t kMaxPage = 1'000'000;

std::string argument(ngx_http_request_t* r, std::string_view name)
{
    ngx_str_t value;
    auto* key = reinterpret_cast<u_char*>(const_cast<char*>(name.data()));
    if (ngx_http_arg(r, key, name.size(), &value) != NGX_OK
        || value.len > 3 * kMaxSearch)
    {
        return {};
    }
    std::string raw(view(value));
    std::ranges::replace(raw, '+', ' ');
    std::string text(raw.size(), '\0');
    auto* to = reinterpret_cast<u_char*>(text.data());
    auto* from = reinterpret_cast<u_char*>(raw.data());
    ngx_unescape_uri(&to, &from, raw.size(), 0);
    text.resize(std::size_t(to - reinterpret_cast<u_char*>(text.data())));
    return text.substr(0, kMaxSearch);
}

bool accepts_json(const ngx_http_request_t& r)
{
    for (const auto* header : headers_named(r, "accept")) {
        if (view(header->value).find("application/json")
            != std::string_view::npos)
        {
            return true;
        }
    }
    return false;
}

Format format_of(ngx_http_request_t* r)
{
    const auto format = argument(r, "format");
    if (format == "prometheus") {
        return Format::prometheus;
    }
    const bool json = format == "json" || (format.empty() && accepts_json(*r));
    return json ? Format::json : Format::html;
}

status::Query query_of(ngx_http_request_t* r, Format format)
{
    status::Query query;
    query.size = format == Format::json ? kJsonRows : kHtmlRows;
    query.search = argument(r, "q");
    auto page = argument(r, "page");
    const auto number =
        ngx_atoi(reinterpret_cast<u_char*>(page.data()), page.size());
    if (number > 0) {
        query.page = std::min<std::size_t>(std::size_t(number), kMaxPage);
    }
    return query;
}

base::Time now()
{
    return base::Time(std::chrono::seconds(ngx_time()));
}

std::vector<status::Row> rows_of(MainConf& main)
{
    std::vector<status::Row> rows;
    rows.reserve(main.shown.size());
    for (const auto& certificate : main.shown) {
        rows.push_back({&certificate,
                        main.tables->head_of(certificate.id)
                            .value_or(status::Head{})});
    }
    return rows;
}

// None where there is no certificate to look after.
status::Helper helper_of(const MainConf& main)
{
    return main.tables ? main.tables->helper() : status::Helper{};
}

status::Report report_on(MainConf& main, const status::Query& query,
                         const std::string& api)
{
    status::Report report;
    report.version = kModuleVersion;
    report.now = now();
    report.helper = helper_of(main);
    auto rows = rows_of(main);
    report.totals = status::totals_of(rows, report.now);
    report.query = query;
    report.page = status::select(std::move(rows), query, report.now);
    for (const auto& row : report.page.rows) {
        report.entries.push_back(
            {row, main.tables->detail_of(row.certificate->id)});
    }
    report.api = api;
    return report;
}

std::string metrics_of(MainConf& main)
{
    status::Metrics metrics;
    metrics.now = now();
    metrics.helper = helper_of(main);
    metrics.rows = rows_of(main);
    if (!main.tables) {
        return status::to_prometheus(metrics);
    }
    for (const auto& issuer : main.settings.issuers) {
        metrics.issuers.emplace_back(issuer.name,
                                     main.tables->counts_of(issuer.name));
    }
    metrics.counts = main.tables->counts();
    return status::to_prometheus(metrics);
}

std::string render(MainConf& main, Format format, const status::Query& query,
                   const std::string& api)
{
    switch (format) {
    case Format::prometheus:
        return metrics_of(main);
    case Format::json:
        return status::to_json(report_on(main, query, api));
    case Format::html:
        break;
    }
    return status::to_html(report_on(main, query, api));
}

std::string_view type_of(Format format)
{
    switch (format) {
    case Format::prometheus:
        return "text/plain; version=0.0.4; charset=utf-8";
    case Format::json:
        return "application/json";
    case Format::html:
        break;
    }
    return "text/html; charset=utf-8";
}

ngx_int_t send_page(ngx_http_request_t* r, MainConf& main,
                    const LocationConf& location)
{
    const auto format = format_of(r);
    const auto query = query_of(r, format);
    const std::string api = location.api ? path_of(location) : std::string();
    if (!query.search.empty() || query.page != 1) {
        return send_text(r, NGX_HTTP_OK, type_of(format),
                         render(main, format, query, api));
    }
    auto& page = main.pages[{format, api}];
    if (page.second != ngx_time()) {
        page.text = render(main, format, query, api);
        page.second = ngx_time();
    }
    return send_text(r, NGX_HTTP_OK, type_of(format), page.text);
}

ngx_int_t add_header(ngx_http_request_t* r, std::string_view name,
                     std::string_view value)
{
    auto* header = static_cast<ngx_table_elt_t*>(
        ngx_list_push(&r->headers_out.headers));
    if (header == nullptr) {
        return NGX_ERROR;
    }
    *header = {};
    header->hash = 1;
    header->key = pool_copy(r->pool, name);
    header->value = pool_copy(r->pool, value);
    return NGX_OK;
}

ngx_int_t add_headers(ngx_http_request_t* r)
{
    const std::pair<std::string_view, std::string_view> headers[] = {
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        // The page's own commands must say where they come from.
        {"Referrer-Policy", "same-origin"},
        {"Content-Security-Policy", status::html_policy()},
    };
    for (const auto& [name, value] : headers) {
        if (add_header(r, name, value) != NGX_OK) {
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

}  // namespace

std::string path_of(const LocationConf& location)
{
    return std::string(view(location.core->name));
}

std::vector<const ngx_table_elt_t*> headers_named(const ngx_http_request_t& r,
                                                  std::string_view name)
{
    std::vector<const ngx_table_elt_t*> found;
    for (const auto* part = &r.headers_in.headers.part; part != nullptr;
         part = part->next)
    {
        const auto* all = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; i++) {
            const std::string_view key(
                reinterpret_cast<const char*>(all[i].lowcase_key),
                all[i].key.len);
            if (key == name) {
                found.push_back(&all[i]);
            }
        }
    }
    return found;
}

ngx_int_t send_text(ngx_http_request_t* r, ngx_uint_t status,
                    std::string_view type, std::string_view text)
{
    ngx_http_complex_value_t body{};
    body.value = pool_copy(r->pool, text);
    ngx_str_t content_type = pool_copy(r->pool, type);
    if (body.value.data == nullptr || content_type.data == nullptr
        || add_headers(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return ngx_http_send_response(r, status, &content_type, &body);
}

ngx_int_t answer_status(ngx_http_request_t* r, MainConf& main,
                        const LocationConf& location)
{
    if ((r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) == 0) {
        return NGX_HTTP_NOT_ALLOWED;
    }
    if (const auto rc = ngx_http_discard_request_body(r); rc != NGX_OK) {
        return rc;
    }
    return send_page(r, main, location);
}

ngx_int_t on_status(ngx_http_request_t* r) noexcept
{
    return guarded(
        r->connection->log, ngx_int_t(NGX_HTTP_INTERNAL_SERVER_ERROR), [r] {
            auto& main = *static_cast<MainConf*>(ngx_http_get_module_main_conf(
                r, ngx_http_acme_domain_module));
            const auto& location =
                *static_cast<LocationConf*>(ngx_http_get_module_loc_conf(
                    r, ngx_http_acme_domain_module));
            return answer_status(r, main, location);
        });
}

// --- what the configuration says -------------------------------------------

namespace {

using Records = std::vector<status::DnsRecord>;

void add_record(Records& records, status::DnsRecord record)
{
    const auto same = [&record](const auto& other) {
        return other.name == record.name;
    };
    if (std::ranges::none_of(records, same)) {
        records.push_back(std::move(record));
    }
}

// For the zone that this nginx answers for itself.
Records records_of(const MainConf& main,
                   const manager::CertificateSettings& certificate)
{
    Records records;
    const auto& settings = main.settings;
    if (settings.dns_zone.empty() || !certificate.dns.empty()
        || std::ranges::find(certificate.challenges, "dns-01")
            == certificate.challenges.end())
    {
        return records;
    }
    for (const auto& name : certificate.names) {
        if (name.type == base::Identifier::Type::dns) {
            const auto domain = challenge::domain_of(name);
            add_record(records, {"_acme-challenge." + domain + ".", "CNAME",
                                 domain + "." + settings.dns_zone + "."});
        }
    }
    add_record(records, {settings.dns_zone + ".", "NS",
                         settings.dns_name_server + "."});
    return records;
}

}  // namespace

void describe_certificates(MainConf& main,
                           const std::set<std::size_t>& served)
{
    for (std::size_t i = 0; i < main.settings.certificates.size(); i++) {
        const auto& settings = main.settings.certificates[i];
        status::Certificate shown;
        shown.id = settings.id;
        for (const auto& name : settings.names) {
            shown.names.push_back(name.value);
        }
        shown.served = served.contains(i);
        shown.issuer = main.settings.issuers[settings.issuers.front()].name;
        shown.key_types.emplace_back(crypto::to_string(settings.key.type));
        shown.records = records_of(main, settings);
        main.shown.push_back(std::move(shown));
    }
}

}  // namespace nginx
