// AWS Certificate Manager's JSON (API version 2015-12-08): what is sent to it,
// and what its answers say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "crypto/bundle.h"

namespace deploy {

// ImportCertificate; without an ARN it makes a new one.
base::Result<base::Secret> encode_import(const std::string& arn,
                                         const crypto::Bundle& bundle);

std::string encode_describe(const std::string& arn);

// ListCertificates: those that were imported, whatever their key. `token` is
// from the page before; empty for the first one.
std::string encode_list(const std::string& token);

// The ARN in an answer to ImportCertificate.
base::Result<std::string> read_imported(const std::string& body);

// Of a certificate that ACM has.
struct Described {
    std::string serial;     // lower-case hexadecimal, without leading zeros
    std::string algorithm;  // "RSA_2048"
};
base::Result<Described> read_described(const std::string& body);

struct Listed {
    // ARNs of those that have this first name and end then.
    std::vector<std::string> matching;
    std::string next_token;  // empty: that was the last page
};
base::Result<Listed> read_list(const std::string& body,
                               const std::string& name, base::Time not_after);

// What ACM calls a type of key.
std::string_view algorithm_of(crypto::KeyType type);

// As Described::serial.
std::string plain_serial(std::string_view serial);

}  // namespace deploy
