// The objects of RFC 8555, as a CA may send them.

#include "acme/codec.h"
#include "acme/external_account.h"
#include "acme/members.h"
#include "acme/renewal_info.h"
#include "fuzz.h"
#include "http/url.h"

namespace {

template <typename T>
bool readable(const base::Result<T>& result)
{
    if (!result) {
        fuzz::require(result.error().kind == base::ErrorKind::protocol,
                      "it is the CA's fault");
        fuzz::require_printable(result.error().message);
    }
    return bool(result);
}

void require_url(const std::string& url)
{
    fuzz::require(bool(http::check_url(url)), "it can be followed", url);
}

void require_optional_url(const std::string& url)
{
    if (!url.empty()) {
        require_url(url);
    }
}

void require_name(const base::Identifier& identifier)
{
    const auto again = base::parse_identifier(identifier.value);
    fuzz::require(again && *again == identifier, "a name is canonical",
                  identifier.value);
}

void read_problem(const std::optional<acme::Problem>& problem)
{
    if (problem) {
        const auto error = acme::error_of(*problem);
        fuzz::require(error.message.size() <= 1200, "a message is bounded");
        fuzz::require_printable(error.message);
    }
}

void read_directory(std::string_view body)
{
    const auto directory = acme::decode_directory(body);
    if (readable(directory)) {
        require_url(directory->new_nonce);
        require_url(directory->new_account);
        require_url(directory->new_order);
        require_optional_url(directory->revoke_cert);
        require_optional_url(directory->key_change);
        require_optional_url(directory->renewal_info);
    }
}

void read_order(std::string_view body)
{
    const auto order = acme::decode_order(body);
    if (!readable(order)) {
        return;
    }
    fuzz::require(order->identifiers.size() <= acme::kMaxIdentifiers
                      && order->authorizations.size() <= acme::kMaxIdentifiers,
                  "an order is bounded");
    std::ranges::for_each(order->identifiers, require_name);
    std::ranges::for_each(order->authorizations, require_url);
    require_url(order->finalize);
    require_optional_url(order->certificate);
    read_problem(order->error);
}

void read_challenge(const acme::Challenge& challenge)
{
    require_url(challenge.url);
    read_problem(challenge.error);
}

void read_authorization(std::string_view body)
{
    const auto authorization = acme::decode_authorization(body);
    if (readable(authorization)) {
        // "*.*." is what a wildcard flag cannot make of a name.
        require_name(authorization->identifier);
        std::ranges::for_each(authorization->challenges, read_challenge);
    }
}

void read_renewal_info(std::string_view body)
{
    const auto info = acme::decode_renewal_info(body);
    if (readable(info)) {
        fuzz::require(info->start < info->end, "the window has a length");
        fuzz::require_printable(info->explanation_url);
    }
}

}  // namespace

FUZZ_TARGET(codec)
{
    read_directory(input);
    read_order(input);
    read_authorization(input);
    const auto challenge = acme::decode_challenge(input);
    if (readable(challenge)) {
        read_challenge(*challenge);
    }
    read_problem(acme::decode_problem(input));
    read_renewal_info(input);
    acme::is_dead_account(input);
    if (const auto external = acme::decode_credentials(base::Secret(input))) {
        fuzz::require(!external->kid.empty() && !external->key.empty(),
                      "credentials are whole");
    }
}
