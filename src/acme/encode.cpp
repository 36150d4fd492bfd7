#include <nlohmann/json.hpp>

#include "acme/codec.h"
#include "base/base64url.h"
#include "base/json.h"

namespace acme {

namespace {

namespace json = base::json;
using json::Value;

// Contacts are URIs (section 7.3); people give addresses.
std::string contact_uri(const std::string& contact)
{
    const bool is_uri = contact.find(':') != std::string::npos;
    return is_uri ? contact : "mailto:" + contact;
}

Value to_json(const base::Identifier& identifier)
{
    const bool is_ip = identifier.type == base::Identifier::Type::ip;
    return Value{{"type", is_ip ? "ip" : "dns"},
                 {"value", identifier.value}};
}

}  // namespace

// Members that say nothing are left out: some CAs refuse an empty "contact".
std::string encode(const NewAccount& account)
{
    Value object = Value::object();
    for (const auto& contact : account.contacts) {
        object["contact"].push_back(contact_uri(contact));
    }
    if (account.terms_agreed) {
        object["termsOfServiceAgreed"] = true;
    }
    if (account.only_return_existing) {
        object["onlyReturnExisting"] = true;
    }
    if (!account.binding.empty()) {
        object["externalAccountBinding"] = Value::parse(account.binding);
    }
    return json::dump(object);
}

std::string encode(const NewOrder& order)
{
    Value object = Value::object();
    object["identifiers"] = Value::array();
    for (const auto& identifier : order.identifiers) {
        object["identifiers"].push_back(to_json(identifier));
    }
    if (!order.profile.empty()) {
        object["profile"] = order.profile;
    }
    if (!order.replaces.empty()) {
        object["replaces"] = order.replaces;
    }
    return json::dump(object);
}

std::string encode_finalize(std::string_view csr_der)
{
    return json::dump(Value{{"csr", base::base64url_encode(csr_der)}});
}

std::string encode_revocation(std::string_view certificate_der, int reason)
{
    return json::dump(
        Value{{"certificate", base::base64url_encode(certificate_der)},
              {"reason", reason}});
}

std::string encode_contacts(const std::vector<std::string>& contacts)
{
    Value all = Value::array();
    for (const auto& contact : contacts) {
        all.push_back(contact_uri(contact));
    }
    return json::dump(Value{{"contact", std::move(all)}});
}

std::string encode_key_change(const std::string& account,
                              const std::string& old_key)
{
    return json::dump(
        Value{{"account", account}, {"oldKey", Value::parse(old_key)}});
}

std::string encode_deactivation()
{
    return json::dump(Value{{"status", "deactivated"}});
}

}  // namespace acme
