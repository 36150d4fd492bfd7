#include "manager_ca.h"

namespace manager_test {

std::size_t AcmeCa::count(std::string_view resource) const
{
    return std::size_t(std::ranges::count(requests, resource));
}

void AcmeCa::fault(const std::string& resource, unsigned times, Answer answer)
{
    faults_.push_back({resource, times, std::move(answer)});
}

Answer AcmeCa::handle(const http::Request& request)
{
    const Call call = read(request);
    requests.push_back(call.resource);
    if (down) {
        return no_connection();
    }
    auto planned = planned_for(call.resource);
    Answer answer = planned ? *planned : Answer(respond(call));
    if (answer && call.resource != "directory") {
        answer->headers.emplace_back("Replay-Nonce", new_nonce());
    }
    return answer;
}

AcmeCa::Call AcmeCa::read(const http::Request& request) const
{
    Call call;
    const auto path = request.url.substr(base_.size());
    const auto slash = path.find('/');
    call.resource = path.substr(0, slash);
    if (slash != std::string::npos) {
        std::sscanf(path.c_str() + slash, "/%zu/%zu", &call.at.order,
                    &call.at.authz);
    }
    if (request.method == http::Request::Method::post) {
        const auto jws = Json::parse(request.body);
        call.header = Json::parse(member(jws, "protected"));
        const auto payload = member(jws, "payload");
        call.payload = payload.empty() ? Json() : Json::parse(payload);
    }
    if (call.resource == "authz" && !call.payload.is_null()) {
        call.resource = "deactivate";
    }
    return call;
}

std::string AcmeCa::member(const Json& object, const char* name)
{
    return *base::base64url_decode(object[name].get<std::string>());
}

std::optional<Answer> AcmeCa::planned_for(const std::string& resource)
{
    for (auto& fault : faults_) {
        if (fault.resource == resource && fault.times > 0) {
            fault.times--;
            return fault.answer;
        }
    }
    return std::nullopt;
}

std::string AcmeCa::new_nonce()
{
    const auto nonce = "nonce-" + std::to_string(++nonces_made_);
    nonces_.insert(nonce);
    return nonce;
}

http::Response AcmeCa::respond(const Call& call)
{
    if (call.resource == "directory") {
        return show_directory();
    }
    if (call.resource == "newNonce") {
        return {200, {}, ""};
    }
    if (nonces_.erase(call.header.value("nonce", "")) == 0) {
        return problem(400, "badNonce");
    }
    return call.resource == "newAccount" ? register_account(call)
                                         : respond_to_account(call);
}

http::Response AcmeCa::show_directory() const
{
    Json body{{"meta", meta}};
    body["meta"]["termsOfService"] = base_ + "terms";
    for (const auto* name : {"newNonce", "newAccount", "newOrder",
                             "revokeCert"}) {
        body[name] = base_ + name;
    }
    return {200, {}, body.dump()};
}

http::Response AcmeCa::register_account(const Call& call)
{
    if (!call.header.contains("jwk")) {
        return problem(400, "malformed");
    }
    const auto [found, is_new] =
        accounts_.try_emplace(call.header["jwk"].dump());
    if (is_new) {
        found->second = base_ + "account/" + std::to_string(++registered_);
    }
    return {is_new ? 201 : 200, {{"Location", found->second}}, "{}"};
}

http::Response AcmeCa::respond_to_account(const Call& call)
{
    if (!call.header.contains("kid")) {
        return problem(400, "malformed");
    }
    const auto kid = call.header["kid"].get<std::string>();
    const bool known = std::ranges::any_of(
        accounts_, [&](const auto& entry) { return entry.second == kid; });
    if (!known) {
        return problem(400, "accountDoesNotExist");
    }
    if (call.resource == "newOrder") {
        return orders_.place(kid, call.payload["identifiers"]);
    }
    if (call.resource == "revokeCert") {
        revoked.push_back({member(call.payload, "certificate"),
                           call.payload["reason"]});
        return {200, {}, ""};
    }
    return orders_.belongs(call.at, kid) ? respond_to_owner(call)
                                         : problem(403, "unauthorized");
}

http::Response AcmeCa::respond_to_owner(const Call& call)
{
    if (call.resource == "authz") {
        return orders_.show_authz(call.at);
    }
    if (call.resource == "deactivate") {
        return orders_.deactivate(call.at);
    }
    if (call.resource == "challenge") {
        return orders_.trigger(call.at);
    }
    if (call.resource == "finalize") {
        return orders_.finalize(call.at.order,
                                member(call.payload, "csr"));
    }
    if (call.resource == "certificate") {
        return orders_.certificate(call.at.order);
    }
    return orders_.show(call.at.order);
}

}  // namespace manager_test
