// Answers to an update: without the key nobody can say that it was done. And
// key files.

#include "dns_tsig.h"
#include "fuzz.h"

FUZZ_TARGET(dns_update)
{
    static const auto request = dns_test::signed_request();
    static const auto key = dns_test::tsig_key();
    const auto outcome =
        dns::read_response(input, request, key, dns_test::kSigned);
    fuzz::require(!outcome.status, "it is not signed");
    fuzz::require(!outcome.server_time, "nor is its clock");
    fuzz::require_printable(outcome.status.error().message);

    const auto parsed = dns::parse_tsig_key(input);
    if (parsed) {
        fuzz::require(!parsed->secret.empty(), "a key has a secret");
    } else {
        fuzz::require_printable(parsed.error().message);
    }
}
