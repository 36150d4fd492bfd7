// PEM text (RFC 7468), read block by block from front to end. Private keys
// never ask for a passphrase: an encrypted one is an Error.
#pragma once

#include <string_view>

#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/handles.h"
#include "crypto/key.h"

namespace crypto {

// One block. Its memory is wiped, whatever it holds.
class PemBlock {
public:
    bool is_certificate() const;
    bool is_private_key() const;

    base::Result<Certificate> certificate() const;
    base::Result<PrivateKey> private_key() const;

private:
    friend class PemReader;

    UniqueSecretText name_;
    UniqueSecretText header_;  // RFC 1421's, which encrypted keys have
    UniqueSecretBytes der_;
};

class PemReader {
public:
    // The text must outlive the reader.
    explicit PemReader(std::string_view text);

    // False at the end of the text.
    base::Result<bool> next(PemBlock& block);

private:
    UniqueBio bio_;
};

// Adds the block's certificate to a chain of at most kMaxChain.
base::Status append(Chain& chain, const PemBlock& block);

}  // namespace crypto
