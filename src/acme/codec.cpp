#include "acme/codec.h"

#include <nlohmann/json.hpp>

#include "acme/members.h"

namespace acme {

namespace {

namespace json = base::json;
using base::Result;
using json::Value;

constexpr std::size_t kMaxChallenges = 32;
constexpr std::size_t kMaxProfiles = 32;

constexpr Named<Order::Status> kOrderStatuses[] = {
    {"pending", Order::Status::pending},
    {"ready", Order::Status::ready},
    {"processing", Order::Status::processing},
    {"valid", Order::Status::valid},
    {"invalid", Order::Status::invalid},
};

constexpr Named<Challenge::Status> kChallengeStatuses[] = {
    {"pending", Challenge::Status::pending},
    {"processing", Challenge::Status::processing},
    {"valid", Challenge::Status::valid},
    {"invalid", Challenge::Status::invalid},
};

constexpr Named<Authorization::Status> kAuthorizationStatuses[] = {
    {"pending", Authorization::Status::pending},
    {"valid", Authorization::Status::valid},
    {"invalid", Authorization::Status::invalid},
    {"deactivated", Authorization::Status::deactivated},
    {"expired", Authorization::Status::expired},
    {"revoked", Authorization::Status::revoked},
};

// Puts a value where it belongs; an Error is kept, the first one wins.
class Reader {
public:
    template <typename T>
    void into(T& member, Result<T> result)
    {
        if (result) {
            member = std::move(*result);
        } else if (!error_) {
            error_ = std::move(result.error());
        }
    }

    template <typename T>
    Result<T> finish(T object, const char* what)
    {
        if (error_) {
            return std::move(*error_).in(what);
        }
        return object;
    }

private:
    std::optional<base::Error> error_;
};

Result<base::Identifiers> get_identifiers(const Value& order)
{
    constexpr const char* kName = "identifiers";
    const Value* array = json::find_array(order, kName);
    if (!array || array->size() > kMaxIdentifiers) {
        return bad_member(kName, array ? "are too many" : "are missing");
    }
    base::Identifiers identifiers;
    for (const Value& element : *array) {
        if (!element.is_object()) {
            return bad_member(kName, "has an element that is no object");
        }
        auto identifier = to_identifier(element);
        if (!identifier) {
            return std::move(identifier).error_in(kName);
        }
        identifiers.push_back(std::move(*identifier));
    }
    return identifiers;
}

Result<std::vector<std::string>> get_authorizations(const Value& order)
{
    constexpr const char* kName = "authorizations";
    auto urls = json::get_strings(order, kName);
    if (!urls) {
        return urls;
    }
    if (urls->size() > kMaxIdentifiers) {
        return bad_member(kName, "are too many");
    }
    for (const auto& url : *urls) {
        if (auto status = check_url(url, kName); !status) {
            return status.error();
        }
    }
    return urls;
}

// Empty or checked: an order that is valid will be asked for it.
Result<std::string> get_certificate(const Value& order)
{
    if (!json::find_string(order, "certificate")) {
        return std::string();
    }
    return get_url(order, "certificate");
}

Result<base::Identifier> get_authorized(const Value& authorization)
{
    const Value* object = json::find_object(authorization, "identifier");
    if (!object) {
        return bad_member("identifier", "is missing");
    }
    auto identifier = to_identifier(*object);
    if (!identifier) {
        return std::move(identifier).error_in("identifier");
    }
    // The flag stands for a prefix that the CA took away (section 7.1.4).
    if (json::find_bool(authorization, "wildcard").value_or(false)
        && !identifier->wildcard())
    {
        identifier->value.insert(0, "*.");
    }
    return identifier;
}

// dns-persist-01: draft 02 has renamed the member, and means something else.
void read_issuers(const Value& object, Challenge& challenge)
{
    challenge.issuers = json::find_strings(object, "issuerDomainNames");
    challenge.hashes_account = !challenge.issuers.empty();
    if (!challenge.hashes_account) {
        challenge.issuers = json::find_strings(object, "issuer-domain-names");
    }
    challenge.account_uri = json::find_string(object, "accounturi")
                                .value_or("");
}

Result<Challenge> to_challenge(const Value& object)
{
    Challenge challenge;
    Reader reader;
    read_issuers(object, challenge);
    reader.into(challenge.type, json::get_string(object, "type"));
    reader.into(challenge.url, get_url(object, "url"));
    reader.into(challenge.status,
                get_named(object, "status", kChallengeStatuses));
    challenge.token = json::find_string(object, "token").value_or("");
    challenge.error = find_problem(object, "error");
    return reader.finish(std::move(challenge), "challenge");
}

// A challenge that cannot be read may be of a type yet to be invented, so it
// is passed over; only when no other is there its Error tells what is wrong.
Result<std::vector<Challenge>> get_challenges(const Value& authorization)
{
    constexpr const char* kName = "challenges";
    const Value* array = json::find_array(authorization, kName);
    if (!array || array->size() > kMaxChallenges) {
        return bad_member(kName, array ? "are too many" : "are missing");
    }
    std::vector<Challenge> challenges;
    std::optional<base::Error> unreadable;
    for (const Value& element : *array) {
        auto challenge = element.is_object()
                             ? to_challenge(element)
                             : bad_member(kName, "has no object");
        if (challenge) {
            challenges.push_back(std::move(*challenge));
        } else {
            unreadable = std::move(challenge.error());
        }
    }
    if (challenges.empty() && unreadable) {
        return *unreadable;
    }
    return challenges;
}

std::map<std::string, std::string> find_profiles(const Value& meta)
{
    std::map<std::string, std::string> profiles;
    const Value* object = json::find_object(meta, "profiles");
    if (!object) {
        return profiles;
    }
    for (const auto& [name, description] : object->items()) {
        if (profiles.size() < kMaxProfiles) {
            profiles[name] = json::find_string(*object, name.c_str())
                                 .value_or("");
        }
    }
    return profiles;
}

void read_meta(const Value& meta, Directory& directory)
{
    directory.terms_of_service =
        json::find_string(meta, "termsOfService").value_or("");
    directory.external_account_required =
        json::find_bool(meta, "externalAccountRequired").value_or(false);
    directory.profiles = find_profiles(meta);
    directory.caa_identities = json::find_strings(meta, "caaIdentities");
    directory.account_hash_prefix =
        json::find_string(meta, "accountHashPrefix").value_or("");
    directory.issuer_domain_names =
        json::find_strings(meta, "issuerDomainNames");
}

Result<Directory> to_directory(const Value& object)
{
    Directory directory;
    Reader reader;
    reader.into(directory.new_nonce, get_url(object, "newNonce"));
    reader.into(directory.new_account, get_url(object, "newAccount"));
    reader.into(directory.new_order, get_url(object, "newOrder"));
    directory.revoke_cert = find_url(object, "revokeCert");
    directory.key_change = find_url(object, "keyChange");
    directory.renewal_info = find_url(object, "renewalInfo");
    if (const Value* meta = json::find_object(object, "meta")) {
        read_meta(*meta, directory);
    }
    return reader.finish(std::move(directory), "directory");
}

Result<Order> to_order(const Value& object)
{
    Order order;
    Reader reader;
    reader.into(order.status, get_named(object, "status", kOrderStatuses));
    reader.into(order.identifiers, get_identifiers(object));
    reader.into(order.authorizations, get_authorizations(object));
    reader.into(order.finalize, get_url(object, "finalize"));
    reader.into(order.certificate, get_certificate(object));
    order.error = find_problem(object, "error");
    order.expires = find_time(object, "expires");
    return reader.finish(std::move(order), "order");
}

Result<Authorization> to_authorization(const Value& object)
{
    Authorization authorization;
    Reader reader;
    reader.into(authorization.identifier, get_authorized(object));
    reader.into(authorization.status,
                get_named(object, "status", kAuthorizationStatuses));
    reader.into(authorization.challenges, get_challenges(object));
    return reader.finish(std::move(authorization), "authorization");
}

template <typename T>
Result<T> decode(std::string_view body, Result<T> (*convert)(const Value&),
                 const char* what)
{
    const auto object = json::parse_object(body);
    if (!object) {
        return base::Error(object.error()).in(what);
    }
    return convert(*object);
}

}  // namespace

Result<Directory> decode_directory(std::string_view body)
{
    return decode(body, to_directory, "directory");
}

Result<Order> decode_order(std::string_view body)
{
    return decode(body, to_order, "order");
}

Result<Authorization> decode_authorization(std::string_view body)
{
    return decode(body, to_authorization, "authorization");
}

Result<Challenge> decode_challenge(std::string_view body)
{
    return decode(body, to_challenge, "challenge");
}

bool is_dead_account(std::string_view body)
{
    const auto object = json::parse_object(body);
    const auto status = object ? json::find_string(*object, "status")
                               : std::nullopt;
    return status == "deactivated" || status == "revoked";
}

std::optional<Problem> decode_problem(std::string_view body)
{
    const auto object = json::parse_object(body);
    return object ? to_problem(*object) : std::nullopt;
}

}  // namespace acme
