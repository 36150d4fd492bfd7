// Private keys as DER, below each of the names that PEM has for them.

#include "certificates.h"

namespace {

void read_key(std::string_view pem)
{
    const auto key = crypto::PrivateKey::from_pem(pem);
    if (!fuzz::readable(key)) {
        return;
    }
    fuzz::require(!crypto::to_string(key->type()).empty(), "it is of a type");
    const auto written = key->to_pem();
    if (!fuzz::readable(written)) {
        return;
    }
    const auto again = crypto::PrivateKey::from_pem(written->reveal());
    fuzz::require(again && again->type() == key->type(),
                  "it is the same afterwards");
    fuzz::require_no_openssl_errors();
}

}  // namespace

FUZZ_TARGET(key)
{
    for (const auto* name : {"PRIVATE KEY", "EC PRIVATE KEY",
                             "RSA PRIVATE KEY", "DSA PRIVATE KEY",
                             "ENCRYPTED PRIVATE KEY"})
    {
        read_key(fuzz::pem_block(name, input));
    }
}
