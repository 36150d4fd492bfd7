#include "deploy/acm_message.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <span>

#include <nlohmann/json.hpp>

#include "base/base64url.h"
#include "base/json.h"
#include "base/text.h"
#include "http/message.h"

namespace deploy {

namespace {

using base::json::Value;

constexpr unsigned kPage = 1000;

// It is kept, sent and shown: no text of any other kind.
bool is_arn(const std::string& text)
{
    constexpr std::size_t kMaxArn = 2048;
    return text.starts_with("arn:") && text.size() <= kMaxArn
        && http::is_header_value(text);
}

// Unless they are named, ACM lists those with RSA keys up to 2048 bits only.
const Value& key_types()
{
    static const Value types = {"RSA_1024",      "RSA_2048",
                                "RSA_3072",      "RSA_4096",
                                "EC_prime256v1", "EC_secp384r1",
                                "EC_secp521r1"};
    return types;
}

void add_member(base::Secret& json, std::string_view name,
                std::string_view text)
{
    json.append(json.empty() ? "{\"" : ",\"");
    json.append(name);
    json.append("\":\"");
    json.append(base::base64_encode(text).reveal());
    json.append("\"");
}

base::Error unreadable(const std::string& why)
{
    return {base::ErrorKind::protocol, "ACM's answer: " + why};
}

}  // namespace

base::Result<base::Secret> encode_import(const std::string& arn,
                                         const crypto::Bundle& bundle)
{
    const std::span chain(bundle.chain);
    const auto leaf = crypto::to_pem(chain.first(1));
    const auto rest = crypto::to_pem(chain.subspan(1));
    const auto key = bundle.key.to_pem();
    if (!leaf || !rest || !key) {
        return !leaf ? leaf.error() : !rest ? rest.error() : key.error();
    }
    base::Secret json;
    add_member(json, "Certificate", *leaf);
    add_member(json, "PrivateKey", key->reveal());
    if (!rest->empty()) {
        add_member(json, "CertificateChain", *rest);
    }
    if (!arn.empty()) {
        json.append(",\"CertificateArn\":" + base::json::dump(Value(arn)));
    }
    json.append("}");
    return json;
}

std::string encode_describe(const std::string& arn)
{
    return base::json::dump({{"CertificateArn", arn}});
}

std::string encode_list(const std::string& token)
{
    Value object = {{"CertificateStatuses", {"ISSUED"}},
                    {"Includes", {{"keyTypes", key_types()}}},
                    {"MaxItems", kPage}};
    if (!token.empty()) {
        object["NextToken"] = token;
    }
    return base::json::dump(object);
}

base::Result<std::string> read_imported(const std::string& body)
{
    const auto object = base::json::parse_object(body);
    if (!object) {
        return unreadable(object.error().message);
    }
    auto arn = base::json::get_string(*object, "CertificateArn");
    if (!arn || !is_arn(*arn)) {
        return unreadable("it has no CertificateArn");
    }
    return arn;
}

base::Result<Described> read_described(const std::string& body)
{
    const auto object = base::json::parse_object(body);
    if (!object) {
        return unreadable(object.error().message);
    }
    const auto* certificate = base::json::find_object(*object, "Certificate");
    if (certificate == nullptr) {
        return unreadable("it has no Certificate");
    }
    const auto text = [&](const char* name) {
        return base::json::find_string(*certificate, name).value_or("");
    };
    Described described{plain_serial(text("Serial")), text("KeyAlgorithm")};
    // Documented with "_", answered with "-".
    std::ranges::replace(described.algorithm, '-', '_');
    described.algorithm = base::printable(described.algorithm, 64);
    return described;
}

base::Result<Listed> read_list(const std::string& body,
                               const std::string& name, base::Time not_after)
{
    const auto object = base::json::parse_object(body);
    if (!object) {
        return unreadable(object.error().message);
    }
    Listed listed;
    listed.next_token =
        base::json::find_string(*object, "NextToken").value_or("");
    const auto* all =
        base::json::find_array(*object, "CertificateSummaryList");
    if (all == nullptr) {
        return listed;
    }
    const auto end = std::chrono::floor<std::chrono::seconds>(not_after)
                         .time_since_epoch()
                         .count();
    for (const auto& each : *all) {
        const auto arn = base::json::find_string(each, "CertificateArn");
        // A number, with or without a fraction.
        const auto at = each.is_object() && each.contains("NotAfter")
                && each["NotAfter"].is_number()
            ? each["NotAfter"].get<double>()
            : 0.0;
        if (arn && is_arn(*arn)
            && base::json::find_string(each, "DomainName") == name
            && std::abs(at - double(end)) < 1)
        {
            listed.matching.push_back(*arn);
        }
    }
    return listed;
}

std::string_view algorithm_of(crypto::KeyType type)
{
    switch (type) {
    case crypto::KeyType::ecdsa_256:
        return "EC_prime256v1";
    case crypto::KeyType::ecdsa_384:
        return "EC_secp384r1";
    case crypto::KeyType::rsa_2048:
        return "RSA_2048";
    case crypto::KeyType::rsa_3072:
        return "RSA_3072";
    case crypto::KeyType::rsa_4096:
        return "RSA_4096";
    }
    return "";
}

std::string plain_serial(std::string_view serial)
{
    std::string plain;
    for (const char c : serial) {
        if (c != ':' && (c != '0' || !plain.empty())) {
            plain += char(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    return plain;
}

}  // namespace deploy
