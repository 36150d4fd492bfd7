#include "crypto/ocsp.h"

#include <openssl/ocsp.h>

#include "crypto/asn1_time.h"
#include "crypto/error.h"

namespace crypto {

namespace {

constexpr base::Duration kClockSkew = std::chrono::minutes(5);

struct Free {
    void operator()(OCSP_REQUEST* p) const { OCSP_REQUEST_free(p); }
    void operator()(OCSP_RESPONSE* p) const { OCSP_RESPONSE_free(p); }
    void operator()(OCSP_BASICRESP* p) const { OCSP_BASICRESP_free(p); }
    void operator()(OCSP_CERTID* p) const { OCSP_CERTID_free(p); }
    void operator()(X509_STORE* p) const { X509_STORE_free(p); }
    void operator()(STACK_OF(OPENSSL_STRING) * p) const
    {
        X509_email_free(p);
    }
};
template <typename T>
using Owner = std::unique_ptr<T, Free>;

base::Error refused(std::string why)
{
    return {base::ErrorKind::protocol, "the OCSP response " + std::move(why)};
}

Owner<OCSP_CERTID> id_of(const Chain& chain)
{
    return Owner<OCSP_CERTID>(OCSP_cert_to_id(
        nullptr, &chain[0].native(), &chain[1].native()));
}

Owner<OCSP_RESPONSE> parse(std::string_view der)
{
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    return Owner<OCSP_RESPONSE>(
        d2i_OCSP_RESPONSE(nullptr, &at, long(der.size())));
}

// Whether the issuer signed it, or somebody whom it has named for that.
bool is_signed(OCSP_BASICRESP& response, const Chain& chain)
{
    const Owner<X509_STORE> store(X509_STORE_new());
    const UniqueChain others(sk_X509_new_null());
    X509* issuer = &chain[1].native();
    if (!store || !others || X509_STORE_add_cert(store.get(), issuer) != 1
        || !sk_X509_push(others.get(), issuer))
    {
        return false;
    }
    X509_up_ref(issuer);
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
    return OCSP_basic_verify(&response, others.get(), store.get(), 0) == 1;
}

base::Result<OcspStatus> status_of(OCSP_BASICRESP& response,
                                   const Chain& chain, base::Time now)
{
    const auto id = id_of(chain);
    int status = V_OCSP_CERTSTATUS_UNKNOWN;
    int reason = 0;
    ASN1_GENERALIZEDTIME* from = nullptr;
    ASN1_GENERALIZEDTIME* to = nullptr;
    if (!id
        || OCSP_resp_find_status(&response, id.get(), &status, &reason,
                                 nullptr, &from, &to)
               != 1)
    {
        return refused("is not about this certificate");
    }
    if (status == V_OCSP_CERTSTATUS_UNKNOWN) {
        return refused("says that it does not know the certificate");
    }
    if (from == nullptr || to == nullptr) {
        return refused("does not say until when it holds");
    }
    const OcspStatus found{status == V_OCSP_CERTSTATUS_REVOKED, to_time(from),
                           to_time(to)};
    if (found.next_update <= now || found.next_update <= found.this_update) {
        return refused("holds no more");
    }
    if (found.this_update > now + kClockSkew) {
        return refused("does not hold yet");
    }
    return found;
}

}  // namespace

std::string ocsp_url(const Certificate& leaf)
{
    const ErrorQueueGuard guard;
    const Owner<STACK_OF(OPENSSL_STRING)> urls(
        X509_get1_ocsp(&leaf.native()));
    for (int i = 0; urls && i < sk_OPENSSL_STRING_num(urls.get()); i++) {
        std::string url = sk_OPENSSL_STRING_value(urls.get(), i);
        if (url.starts_with("http://") || url.starts_with("https://")) {
            return url;
        }
    }
    return {};
}

base::Result<std::string> make_ocsp_request(const Chain& chain)
{
    const ErrorQueueGuard guard;
    const Owner<OCSP_REQUEST> request(OCSP_REQUEST_new());
    auto id = id_of(chain);
    if (!request || !id
        || OCSP_request_add0_id(request.get(), id.get()) == nullptr)
    {
        return openssl_error("making an OCSP request");
    }
    (void) id.release();
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_REQUEST(request.get(), &der);
    const UniqueBytes owner(der);
    if (size <= 0) {
        return openssl_error("making an OCSP request");
    }
    return std::string(der, der + size);
}

base::Result<OcspStatus> read_ocsp_response(std::string_view der,
                                            const Chain& chain,
                                            base::Time now)
{
    const ErrorQueueGuard guard;
    const auto response = parse(der);
    if (!response) {
        return refused("cannot be read");
    }
    const int result = OCSP_response_status(response.get());
    if (result != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        return refused(std::string("says: ")
                       + OCSP_response_status_str(result));
    }
    const Owner<OCSP_BASICRESP> basic(
        OCSP_response_get1_basic(response.get()));
    if (!basic || !is_signed(*basic, chain)) {
        return refused("is not signed by the certificate's issuer");
    }
    return status_of(*basic, chain, now);
}

}  // namespace crypto
