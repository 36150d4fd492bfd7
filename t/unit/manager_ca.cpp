#include "manager_ca.h"

#include "crypto/hmac.h"

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
    if (call.resource == "renewalInfo") {
        asked_about.push_back(request.url.substr(request.url.rfind('/') + 1));
    }
    if (call.resource == "credentials") {
        return give_credentials(request);
    }
    auto planned = planned_for(call.resource);
    if (call.resource == "ocsp") {
        return planned ? *planned : Answer(orders_.ocsp(request.body));
    }
    Answer answer = planned ? *planned : Answer(respond(call));
    if (call.resource == lost_) {
        lost_.clear();
        return no_connection();
    }
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
    if (request.method == http::Request::Method::post
        && call.resource != "credentials" && call.resource != "ocsp")
    {
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
    if (call.resource == "renewalInfo") {
        return show_renewal_info();
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
    if (!external.empty()) {
        body["meta"]["externalAccountRequired"] = true;
    }
    for (const auto* name : {"newNonce", "newAccount", "newOrder",
                             "revokeCert"}) {
        body[name] = base_ + name;
    }
    if (changes_keys) {
        body["keyChange"] = base_ + "keyChange";
    }
    if (!renewal_info.empty()) {
        body["renewalInfo"] = base_ + "renewalInfo";
    }
    return {200, {}, body.dump()};
}

http::Response AcmeCa::register_account(const Call& call)
{
    if (!call.header.contains("jwk")) {
        return problem(400, "malformed");
    }
    const auto key = call.header["jwk"].dump();
    if (!accounts_.contains(key)) {
        if (call.payload.contains("onlyReturnExisting")) {
            return problem(400, "accountDoesNotExist");
        }
        if (!external.empty() && !is_bound(call)) {
            return problem(403, "unauthorized");
        }
    }
    const auto [found, is_new] = accounts_.try_emplace(key);
    if (is_new) {
        found->second = base_ + "account/" + std::to_string(++registered_);
    }
    return {is_new ? 201 : 200, {{"Location", found->second}}, "{}"};
}

http::Response AcmeCa::take_order(const Call& call, const std::string& account)
{
    const auto replaces = call.payload.value("replaces", "");
    replaced.push_back(replaces);
    profiles.push_back(call.payload.value("profile", ""));
    if (!replaces.empty() && refusal_of_replaces) {
        return *refusal_of_replaces;
    }
    return orders_.place(account, call.payload["identifiers"]);
}

// RFC 8555, section 7.3.5.
http::Response AcmeCa::change_key(const Call& call, const std::string& account)
{
    const auto header = Json::parse(member(call.payload, "protected"));
    const auto body = Json::parse(member(call.payload, "payload"));
    const auto old_key = body["oldKey"].dump();
    const auto new_key = header["jwk"].dump();
    if (header["url"] != call.header["url"] || header.contains("nonce")
        || body["account"] != account || !accounts_.contains(old_key)
        || accounts_[old_key] != account)
    {
        return problem(403, "malformed");
    }
    if (accounts_.contains(new_key)) {
        return problem(409, "conflict");
    }
    auto node = accounts_.extract(old_key);
    node.key() = new_key;
    accounts_.insert(std::move(node));
    return {200, {}, "{}"};
}

http::Response AcmeCa::show_account(const Call& call,
                                    const std::string& account)
{
    if (call.payload.is_object() && call.payload.contains("contact")) {
        std::string all;
        for (const auto& contact : call.payload["contact"]) {
            all += (all.empty() ? "" : ",") + contact.get<std::string>();
        }
        contacts.push_back(all);
    }
    const Json body{{"status", deactivated.contains(account) ? "deactivated"
                                                             : "valid"}};
    return {200, {}, body.dump()};
}

http::Response AcmeCa::show_renewal_info() const
{
    http::Response response{200, {}, renewal_info};
    if (!renewal_retry_after.empty()) {
        response.headers.emplace_back("Retry-After", renewal_retry_after);
    }
    return response;
}

bool AcmeCa::is_bound(const Call& call)
{
    if (!call.payload.contains("externalAccountBinding")) {
        return false;
    }
    const auto& binding = call.payload["externalAccountBinding"];
    const auto header = Json::parse(member(binding, "protected"));
    const auto key = external.find(header["kid"].get<std::string>());
    if (key == external.end()
        || Json::parse(member(binding, "payload")) != call.header["jwk"])
    {
        return false;
    }
    const auto text = binding["protected"].get<std::string>() + "."
        + binding["payload"].get<std::string>();
    const bool good =
        member(binding, "signature")
        == *crypto::hmac(crypto::Hash::sha256, base::Secret(key->second),
                         text);
    key->second = "spent";
    return good;
}

http::Response AcmeCa::give_credentials(const http::Request& request)
{
    asked_for_credentials.push_back(request.body);
    external["given"] = "secret";
    return {200, {},
            Json{{"success", true},
                 {"eab_kid", "given"},
                 {"eab_hmac_key", base::base64url_encode("secret")}}
                .dump()};
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
    if (call.resource == "account") {
        return show_account(call, kid);
    }
    if (deactivated.contains(kid)) {
        return problem(403, "unauthorized");
    }
    if (call.resource == "keyChange") {
        return change_key(call, kid);
    }
    if (call.resource == "newOrder") {
        return take_order(call, kid);
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
    if (call.resource == "certificate" || call.resource == "alternate") {
        return orders_.certificate(call.at);
    }
    return orders_.show(call.at.order);
}

}  // namespace manager_test
