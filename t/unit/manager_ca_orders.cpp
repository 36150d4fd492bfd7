#include "manager_ca_orders.h"

namespace manager_test {

http::Response CaOrders::place(const std::string& account,
                               const Json& identifiers)
{
    Order order;
    order.account = account;
    order.expires = loop_.true_time() + 7 * kDay;
    for (const auto& identifier : identifiers) {
        const auto text = identifier["value"].get<std::string>();
        order.names.push_back(crypto_test::name(text));
        order.authzs.push_back({order.names.back(), {}, false, false});
    }
    orders_.push_back(std::move(order));
    const auto number = orders_.size() - 1;
    auto response = show(number);
    response.status = 201;
    response.headers.emplace_back("Location", url("order", number));
    return response;
}

bool CaOrders::belongs(const At& at, const std::string& account) const
{
    return at.order < orders_.size()
        && orders_[at.order].account == account;
}

http::Response CaOrders::show(std::size_t number) const
{
    http::Response response{200, {}, show_order(number).dump()};
    if (status_of(orders_[number]) == "processing"
        && !manners_.processing_retry_after.empty())
    {
        response.headers.emplace_back("Retry-After",
                                      manners_.processing_retry_after);
    }
    return response;
}

http::Response CaOrders::show_authz(const At& at) const
{
    const auto& authz = orders_[at.order].authzs[at.authz];
    const Json body{
        {"status", status_of(authz)},
        {"identifier", {{"type", "dns"}, {"value", authz.name.value}}},
        {"challenges", Json::array({show_challenge(at)})}};
    http::Response response{200, {}, body.dump()};
    if (!manners_.trying_retry_after.empty()) {
        response.headers.emplace_back("Retry-After",
                                      manners_.trying_retry_after);
    }
    return response;
}

http::Response CaOrders::trigger(const At& at)
{
    auto& authz = orders_[at.order].authzs[at.authz];
    authz.triggered = loop_.true_time();
    authz.proved = board_.contains(token(at))
        && !manners_.unreachable.contains(authz.name.value);
    return {200, {}, show_challenge(at).dump()};
}

http::Response CaOrders::deactivate(const At& at)
{
    orders_[at.order].authzs[at.authz].deactivated = true;
    return show_authz(at);
}

http::Response CaOrders::finalize(std::size_t number, const std::string& csr)
{
    auto& order = orders_[number];
    if (status_of(order) != "ready") {
        return problem(403, "orderNotReady");
    }
    order.finalized = loop_.true_time();
    certify(number, csr);
    return show(number);
}

http::Response CaOrders::certificate(const At& at) const
{
    const auto& chains = orders_[at.order].chains;
    http::Response response{200, {}, chains.at(at.authz)};
    for (std::size_t i = 0; i < chains.size(); i++) {
        if (i != at.authz) {
            response.headers.emplace_back(
                "Link", "<" + url("alternate", at.order, i)
                    + ">; rel=\"alternate\"");
        }
    }
    return response;
}

http::Response CaOrders::ocsp(const std::string& request) const
{
    const auto* at = reinterpret_cast<const unsigned char*>(request.data());
    OCSP_REQUEST* parsed =
        d2i_OCSP_REQUEST(nullptr, &at, long(request.size()));
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(
        nullptr, nullptr, nullptr, &serial,
        OCSP_onereq_get0_id(OCSP_request_onereq_get0(parsed, 0)));
    const auto number = std::size_t(ASN1_INTEGER_get(serial)) - 1;
    OCSP_REQUEST_free(parsed);
    const auto chain = crypto::parse_chain(orders_.at(number).chains[0]);
    const auto now = loop_.true_time();
    return {200, {},
            root_.ocsp(chain->front(), {manners_.ocsp_status, now,
                                  now + manners_.ocsp_lifetime})};
}

std::vector<std::string> CaOrders::names() const
{
    std::vector<std::string> all;
    for (const auto& order : orders_) {
        all.push_back(base::join(order.names));
    }
    return all;
}

void CaOrders::certify(std::size_t number, const std::string& csr)
{
    auto& order = orders_[number];
    const auto* bytes = reinterpret_cast<const unsigned char*>(csr.data());
    const crypto::UniqueRequest request(
        d2i_X509_REQ(nullptr, &bytes, long(csr.size())));
    const auto now = loop_.true_time();
    const auto& names =
        manners_.certify.empty() ? order.names : manners_.certify;
    crypto_test::Order wanted{"", names, now, now + manners_.lifetime};
    if (!manners_.renewal_info.empty()) {
        wanted.key_id = "key";
        wanted.serial = std::string(1, char(number + 1));
    }
    if (manners_.runs_ocsp) {
        wanted.serial = std::string(1, char(number + 1));
        wanted.ocsp = base_ + "ocsp";
    }
    const auto chain_of = [&](const crypto_test::Ca& root) {
        const auto leaf =
            root.issue(*X509_REQ_get0_pubkey(request.get()), wanted);
        return crypto_test::pem_of(leaf)
            + crypto_test::pem_of(root.certificate(root));
    };
    order.chains = {chain_of(root_)};
    for (const auto& name : manners_.alternates) {
        order.chains.push_back(chain_of(crypto_test::Ca(name)));
    }
}

std::string CaOrders::status_of(const Authz& authz) const
{
    if (authz.deactivated) {
        return "deactivated";
    }
    const auto takes =
        authz.proved ? manners_.validating : manners_.trying;
    if (!authz.triggered || loop_.true_time() < *authz.triggered + takes) {
        return "pending";
    }
    return authz.proved ? "valid" : "invalid";
}

std::string CaOrders::status_of(const Order& order) const
{
    std::set<std::string> statuses;
    for (const auto& authz : order.authzs) {
        statuses.insert(status_of(authz));
    }
    if (statuses.contains("invalid") || statuses.contains("deactivated")) {
        return "invalid";
    }
    if (statuses.contains("pending")) {
        return "pending";
    }
    if (!order.finalized) {
        return "ready";
    }
    const bool done =
        loop_.true_time() >= *order.finalized + manners_.processing;
    return done ? "valid" : "processing";
}

Json CaOrders::show_order(std::size_t number) const
{
    const auto& order = orders_[number];
    Json body{{"status", status_of(order)},
              {"expires", base::format_time(order.expires)},
              {"finalize", url("finalize", number)}};
    for (std::size_t i = 0; i < order.names.size(); ++i) {
        body["identifiers"].push_back(
            {{"type", "dns"}, {"value", order.names[i].value}});
        body["authorizations"].push_back(url("authz", number, i));
    }
    if (body["status"] == "valid") {
        body["certificate"] = url("certificate", number);
    }
    return body;
}

Json CaOrders::show_challenge(const At& at) const
{
    const auto status = status_of(orders_[at.order].authzs[at.authz]);
    Json body{{"type", "http-01"},
              {"url", url("challenge", at.order, at.authz)},
              {"token", token(at)},
              {"status", status == "deactivated" ? "pending" : status}};
    if (status == "invalid") {
        body["error"] = Json::parse(problem(0, "connection").body);
    }
    return body;
}

std::string CaOrders::url(const char* resource, std::size_t number,
                          std::size_t authz) const
{
    return base_ + resource + "/" + std::to_string(number) + "/"
        + std::to_string(authz);
}

std::string CaOrders::token(const At& at)
{
    return "token-" + std::to_string(at.order) + "-"
        + std::to_string(at.authz);
}

}  // namespace manager_test
