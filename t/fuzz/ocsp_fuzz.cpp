// OCSP responses, as a responder (or who answers in its place: it is plain
// HTTP) may send them.

#include "crypto/ocsp.h"
#include "crypto_ca.h"
#include "fuzz.h"

namespace {

const crypto::Chain& chain()
{
    static const crypto::Chain chain = [] {
        const crypto_test::Ca ca("CA");
        crypto::Chain made;
        made.push_back(ca.issue(crypto_test::new_key(),
                                {"", {crypto_test::name("a.example")}}));
        made.push_back(ca.certificate(ca));
        return made;
    }();
    return chain;
}

}  // namespace

FUZZ_TARGET(ocsp)
{
    const auto status = crypto::read_ocsp_response(
        input, chain(), crypto_test::at("2026-11-27T00:00:00Z"));
    fuzz::require(!status, "nobody has signed it");
    fuzz::require_printable(status.error().message);
    fuzz::require(crypto_test::error_queue_is_empty(), "no error is left");
}
