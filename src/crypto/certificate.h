// Certificates: reading, judging and, for the placeholder, making them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/identifier.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/handles.h"
#include "crypto/key.h"

namespace crypto {

// One parsed X.509 certificate.
class Certificate {
public:
    explicit Certificate(UniqueX509 x509) : x509_(std::move(x509)) {}

    // subjectAltName's DNS names (lower case) and IP addresses, sorted.
    base::Identifiers names() const;
    base::Time not_before() const;
    base::Time not_after() const;
    std::string serial() const;       // lower-case hexadecimal
    // The content of the DER INTEGER, with the zero that keeps it positive.
    std::string serial_bytes() const;
    // keyIdentifier of authorityKeyIdentifier, as bytes; empty without one.
    std::string authority_key_id() const;
    std::string fingerprint() const;  // SHA-256 of the DER, lower-case hex
    std::string issuer() const;       // common name, else the whole name

    // Whether `key` is the private half of this certificate's key.
    bool belongs_to(const PrivateKey& key) const;
    base::Result<KeyType> key_type() const;

    X509& native() const { return *x509_; }

private:
    UniqueX509 x509_;
};

// Leaf first. Never empty.
using Chain = std::vector<Certificate>;

// All certificates of a PEM text, in its order. Text around them and a
// missing final newline are fine; none at all, more than `kMaxChain`, or one
// that cannot be parsed is an Error.
constexpr std::size_t kMaxChain = 16;
base::Result<Chain> parse_chain(std::string_view pem);

// Whether the topmost issuer has that common name, or a certificate of the
// chain that SHA-256 (lower-case hexadecimal).
bool leads_to(const Chain& chain, std::string_view preferred);

// A chain, or a part of one, as PEM, each certificate ending in a newline.
base::Result<std::string> to_pem(std::span<const Certificate> chain);

base::Result<std::string> to_der(const Certificate& certificate);

// Whether the certificate is for exactly these identifiers.
bool covers_exactly(const Certificate& leaf,
                    const base::Identifiers& identifiers);

// Whether every identifier is covered, a wildcard name counting for one
// label (RFC 9525, section 6.3).
bool covers(const Certificate& leaf, const base::Identifiers& identifiers);

// The checks of a certificate just issued: it belongs to the key, names what
// was ordered and nothing else, is valid now (the CA's clock may be up to an
// hour ahead), and each certificate is signed by the next.
base::Status check_issued(const Chain& chain, const PrivateKey& key,
                          const base::Identifiers& identifiers,
                          base::Time now);

// A self-signed certificate for `name`, valid for ten years: what a handshake
// gets before the first real one.
base::Result<Certificate> make_placeholder(const PrivateKey& key,
                                           std::string_view name);

// What answers a tls-alpn-01 challenge: self-signed, for that identifier alone,
// with the critical extension acmeIdentifier (RFC 8737, section 3).
base::Result<Certificate> make_tls_alpn_certificate(
    const PrivateKey& key, const base::Identifier& identifier,
    std::string_view key_authorization);

}  // namespace crypto
