// Stored bundles, whatever became of them.

#include "certificates.h"

namespace {

void read_summary(std::string_view text)
{
    const auto summary = crypto::summarize_bundle(text);
    if (summary) {
        for (const auto& name : summary->names) {
            const auto again = base::parse_identifier(name.value);
            fuzz::require(again && *again == name, "a name is canonical",
                          name.value);
        }
    }
}

void read_bundle(const crypto::Bundle& bundle)
{
    std::ranges::for_each(bundle.chain, fuzz::read_certificate);
    fuzz::judge(bundle.chain, bundle.key);
    const auto written =
        crypto::encode_bundle(bundle.issuer, bundle.key, bundle.chain);
    fuzz::require(bool(written), "it can be written");
    const auto again = crypto::parse_bundle(written->reveal());
    fuzz::require(again
                      && fuzz::fingerprints(again->chain)
                             == fuzz::fingerprints(bundle.chain),
                  "it is the same afterwards", written->reveal());
    fuzz::require(again->issuer == base::printable(bundle.issuer, 2048),
                  "its issuer is the same afterwards", bundle.issuer);
}

}  // namespace

FUZZ_TARGET(bundle)
{
    read_summary(input);
    const auto bundle = crypto::parse_bundle(input);
    if (fuzz::readable(bundle)) {
        read_bundle(*bundle);
    }
    fuzz::require_no_openssl_errors();
}
