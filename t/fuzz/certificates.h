// Certificates that were read: all that is asked of them.
#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/bundle.h"
#include "fuzz.h"

namespace fuzz {

inline void require_no_openssl_errors()
{
    require(ERR_peek_error() == 0, "nothing is left in OpenSSL's queue");
}

template <typename T>
bool readable(const base::Result<T>& result)
{
    require_no_openssl_errors();
    if (!result) {
        require(result.error().kind == base::ErrorKind::crypto,
                "it is of kind crypto");
        require_printable(result.error().message);
    }
    return bool(result);
}

inline void read_certificate(const crypto::Certificate& certificate)
{
    const auto names = certificate.names();
    require(crypto::covers_exactly(certificate, names)
                && crypto::covers(certificate, names),
            "a certificate covers its own names");
    require(base::format_time(certificate.not_before()).size() == 20
                && base::format_time(certificate.not_after()).size() == 20,
            "its dates have a form");
    require(certificate.fingerprint().size() == 64, "it has a fingerprint");
    require_printable(certificate.issuer());
    require_printable(certificate.serial());
    readable(certificate.key_type());
}

inline std::vector<std::string> fingerprints(const crypto::Chain& chain)
{
    std::vector<std::string> all;
    for (const auto& certificate : chain) {
        all.push_back(certificate.fingerprint());
    }
    return all;
}

// The key that check_issued() finds them not to belong to.
inline const crypto::PrivateKey& some_key()
{
    static const auto kKey =
        crypto::PrivateKey::generate(crypto::KeyType::ecdsa_256);
    require(bool(kKey), "a key can be made");
    return *kKey;
}

inline void judge(const crypto::Chain& chain, const crypto::PrivateKey& key)
{
    const auto status = crypto::check_issued(
        chain, key, chain.front().names(), chain.front().not_before());
    require_no_openssl_errors();
    if (!status) {
        require_printable(status.error().message);
    }
}

inline void read_chain(std::string_view pem)
{
    const auto chain = crypto::parse_chain(pem);
    if (!readable(chain)) {
        return;
    }
    require(!chain->empty() && chain->size() <= crypto::kMaxChain,
            "a chain is bounded");
    std::ranges::for_each(*chain, read_certificate);
    judge(*chain, some_key());
    const auto written = crypto::to_pem(*chain);
    require(bool(written), "a chain can be written");
    const auto again = crypto::parse_chain(*written);
    require(again && fingerprints(*again) == fingerprints(*chain),
            "it is the same afterwards");
    require_no_openssl_errors();
}

// One block of that name around the bytes.
inline std::string pem_block(const char* name, std::string_view der)
{
    const crypto::UniqueBio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio(bio.get(), name, "",
                  reinterpret_cast<const unsigned char*>(der.data()),
                  long(der.size()));
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, std::size_t(size)};
}

}  // namespace fuzz
