#include "crypto/csr.h"

#include <algorithm>

#include "crypto/alt_names.h"
#include "crypto/error.h"

namespace crypto {

namespace {

bool set_extension(X509_REQ& request, UniqueExtension extension)
{
    const UniqueExtensions extensions(sk_X509_EXTENSION_new_null());
    if (!extensions
        || sk_X509_EXTENSION_push(extensions.get(), extension.get()) <= 0)
    {
        return false;
    }
    extension.release();
    return X509_REQ_add_extensions(&request, extensions.get()) == 1;
}

// RFC 5280, appendix A.1.
constexpr std::size_t kMaxCommonName = 64;

bool set_common_name(X509_REQ& request, const base::Identifiers& identifiers)
{
    const auto fits = [](const base::Identifier& name) {
        return name.value.size() <= kMaxCommonName;
    };
    const auto found = std::ranges::find_if(identifiers, fits);
    return found == identifiers.end()
        || X509_NAME_add_entry_by_NID(
               X509_REQ_get_subject_name(&request), NID_commonName,
               MBSTRING_UTF8,
               reinterpret_cast<const unsigned char*>(found->value.data()),
               int(found->value.size()), -1, 0)
            == 1;
}

std::string to_der(X509_REQ& request)
{
    const int size = i2d_X509_REQ(&request, nullptr);
    if (size <= 0) {
        return {};
    }
    std::string der(std::size_t(size), '\0');
    auto* at = reinterpret_cast<unsigned char*>(der.data());
    i2d_X509_REQ(&request, &at);
    return der;
}

}  // namespace

base::Result<std::string> make_csr(const PrivateKey& key,
                                   const base::Identifiers& identifiers,
                                   bool common_name)
{
    const ErrorQueueGuard guard;
    auto names = make_alt_names(identifiers);
    if (!names) {
        return names.error();
    }
    const UniqueRequest request(X509_REQ_new());
    if (!request || X509_REQ_set_version(request.get(), 0) != 1
        || X509_REQ_set_pubkey(request.get(), &key.native()) != 1
        || (common_name && !set_common_name(*request, identifiers))
        || !set_extension(*request, std::move(*names))
        || X509_REQ_sign(request.get(), &key.native(), EVP_sha256()) == 0)
    {
        return openssl_error("making a certificate signing request");
    }
    auto der = to_der(*request);
    if (der.empty()) {
        return openssl_error("encoding a certificate signing request");
    }
    return der;
}

}  // namespace crypto
