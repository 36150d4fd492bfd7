// A certificate authority for tests: issues whatever it is told to, right or
// wrong.
#pragma once

#include <memory>
#include <string>

#include <optional>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "base/identifier.h"
#include "base/text.h"
#include "crypto/alt_names.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace crypto_test {

inline base::Time at(std::string_view text) { return *base::parse_time(text); }

// EC keys are made in no time.
inline crypto::PrivateKey new_key(
    crypto::KeyType type = crypto::KeyType::ecdsa_256)
{
    return std::move(*crypto::PrivateKey::generate(type));
}

struct Order {
    std::string subject;
    base::Identifiers names;
    base::Time not_before = at("2026-11-23T05:30:00Z");
    base::Time not_after = at("2027-02-21T05:29:59Z");
    std::string key_id = {};  // authorityKeyIdentifier; empty: none
    std::string serial = "\x04\xc0\xff\xee";
    std::string ocsp = {};  // URL of the responder; empty: none
};

// What a responder says of a certificate.
struct OcspAnswer {
    int status = V_OCSP_CERTSTATUS_GOOD;
    base::Time this_update;
    std::optional<base::Time> next_update;
};

class Ca {
public:
    explicit Ca(std::string name) : name_(std::move(name)), key_(new_key()) {}

    const crypto::PrivateKey& key() const { return key_; }

    crypto::Certificate issue(const crypto::PrivateKey& subject_key,
                              const Order& order) const
    {
        return issue(subject_key.native(), order);
    }

    crypto::Certificate issue(EVP_PKEY& subject_key, const Order& order) const
    {
        crypto::UniqueX509 x509(X509_new());
        X509_set_version(x509.get(), X509_VERSION_3);
        ASN1_STRING_set(X509_get_serialNumber(x509.get()),
                        order.serial.data(), int(order.serial.size()));
        X509_set_subject_name(x509.get(), name(order.subject).get());
        X509_set_issuer_name(x509.get(), name(name_).get());
        set(X509_getm_notBefore(x509.get()), order.not_before);
        set(X509_getm_notAfter(x509.get()), order.not_after);
        X509_set_pubkey(x509.get(), &subject_key);
        if (!order.names.empty()) {
            const auto names = crypto::make_alt_names(order.names);
            X509_add_ext(x509.get(), names->get(), -1);
        }
        if (!order.key_id.empty()) {
            const std::unique_ptr<AUTHORITY_KEYID,
                                  decltype(&AUTHORITY_KEYID_free)>
                id(AUTHORITY_KEYID_new(), AUTHORITY_KEYID_free);
            id->keyid = ASN1_OCTET_STRING_new();
            ASN1_OCTET_STRING_set(
                id->keyid,
                reinterpret_cast<const unsigned char*>(order.key_id.data()),
                int(order.key_id.size()));
            X509_add1_ext_i2d(x509.get(), NID_authority_key_identifier,
                              id.get(), 0, X509V3_ADD_APPEND);
        }
        if (!order.ocsp.empty()) {
            const auto access = "OCSP;URI:" + order.ocsp;
            const crypto::UniqueExtension extension(X509V3_EXT_conf_nid(
                nullptr, nullptr, NID_info_access, access.c_str()));
            X509_add_ext(x509.get(), extension.get(), -1);
        }
        X509_sign(x509.get(), &key_.native(), EVP_sha256());
        return crypto::Certificate(std::move(x509));
    }

    // A response about the certificate, as this CA signs it.
    std::string ocsp(const crypto::Certificate& leaf,
                     const OcspAnswer& answer) const
    {
        const auto own = certificate(*this);
        OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
        OCSP_CERTID* id =
            OCSP_cert_to_id(nullptr, &leaf.native(), &own.native());
        const auto time = [](base::Time moment) {
            return ASN1_GENERALIZEDTIME_set(
                nullptr, std::chrono::floor<std::chrono::seconds>(moment)
                             .time_since_epoch()
                             .count());
        };
        auto* from = time(answer.this_update);
        auto* to = answer.next_update ? time(*answer.next_update) : nullptr;
        OCSP_basic_add1_status(basic, id, answer.status, 0, from, from, to);
        OCSP_basic_sign(basic, &own.native(), &key_.native(), EVP_sha256(),
                        nullptr, OCSP_NOCERTS);
        OCSP_RESPONSE* response = OCSP_response_create(
            OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
        unsigned char* der = nullptr;
        const int size = i2d_OCSP_RESPONSE(response, &der);
        const std::string bytes(der, der + size);
        OPENSSL_free(der);
        OCSP_RESPONSE_free(response);
        OCSP_BASICRESP_free(basic);
        OCSP_CERTID_free(id);
        ASN1_GENERALIZEDTIME_free(from);
        ASN1_GENERALIZEDTIME_free(to);
        return bytes;
    }

    // This CA's own certificate, issued by another (or by itself).
    crypto::Certificate certificate(const Ca& issuer) const
    {
        return issuer.issue(key_, {name_, {}});
    }

private:
    // "" gives an empty name; "O=..." an organization, without common name.
    static crypto::UniqueName name(const std::string& text)
    {
        crypto::UniqueName name(X509_NAME_new());
        const bool organization = text.starts_with("O=");
        const std::string value = organization ? text.substr(2) : text;
        if (!value.empty()) {
            X509_NAME_add_entry_by_NID(
                name.get(),
                organization ? NID_organizationName : NID_commonName,
                MBSTRING_UTF8,
                reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1,
                0);
        }
        return name;
    }

    static void set(ASN1_TIME* field, base::Time time)
    {
        ASN1_TIME_adj(field, 0, 0,
                      std::chrono::floor<std::chrono::seconds>(time)
                          .time_since_epoch()
                          .count());
    }

    std::string name_;
    crypto::PrivateKey key_;
};

inline base::Identifier name(std::string_view text)
{
    return *base::parse_identifier(text);
}

inline std::string pem_of(const crypto::Certificate& certificate)
{
    crypto::Chain chain;
    X509_up_ref(&certificate.native());
    chain.emplace_back(crypto::UniqueX509(&certificate.native()));
    return *crypto::to_pem(chain);
}

// Nothing may be left for nginx to report as somebody else's failure.
inline bool error_queue_is_empty() { return ERR_peek_error() == 0; }

// Let's Encrypt's "ISRG Root X1", as downloaded.
constexpr std::string_view kIsrgRootX1 =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIFazCCA1OgAwIBAgIRAIIQz7DSQONZRGPgu2OCiwAwDQYJKoZIhvcNAQELBQAw\n"
    "TzELMAkGA1UEBhMCVVMxKTAnBgNVBAoTIEludGVybmV0IFNlY3VyaXR5IFJlc2Vh\n"
    "cmNoIEdyb3VwMRUwEwYDVQQDEwxJU1JHIFJvb3QgWDEwHhcNMTUwNjA0MTEwNDM4\n"
    "WhcNMzUwNjA0MTEwNDM4WjBPMQswCQYDVQQGEwJVUzEpMCcGA1UEChMgSW50ZXJu\n"
    "ZXQgU2VjdXJpdHkgUmVzZWFyY2ggR3JvdXAxFTATBgNVBAMTDElTUkcgUm9vdCBY\n"
    "MTCCAiIwDQYJKoZIhvcNAQEBBQADggIPADCCAgoCggIBAK3oJHP0FDfzm54rVygc\n"
    "h77ct984kIxuPOZXoHj3dcKi/vVqbvYATyjb3miGbESTtrFj/RQSa78f0uoxmyF+\n"
    "0TM8ukj13Xnfs7j/EvEhmkvBioZxaUpmZmyPfjxwv60pIgbz5MDmgK7iS4+3mX6U\n"
    "A5/TR5d8mUgjU+g4rk8Kb4Mu0UlXjIB0ttov0DiNewNwIRt18jA8+o+u3dpjq+sW\n"
    "T8KOEUt+zwvo/7V3LvSye0rgTBIlDHCNAymg4VMk7BPZ7hm/ELNKjD+Jo2FR3qyH\n"
    "B5T0Y3HsLuJvW5iB4YlcNHlsdu87kGJ55tukmi8mxdAQ4Q7e2RCOFvu396j3x+UC\n"
    "B5iPNgiV5+I3lg02dZ77DnKxHZu8A/lJBdiB3QW0KtZB6awBdpUKD9jf1b0SHzUv\n"
    "KBds0pjBqAlkd25HN7rOrFleaJ1/ctaJxQZBKT5ZPt0m9STJEadao0xAH0ahmbWn\n"
    "OlFuhjuefXKnEgV4We0+UXgVCwOPjdAvBbI+e0ocS3MFEvzG6uBQE3xDk3SzynTn\n"
    "jh8BCNAw1FtxNrQHusEwMFxIt4I7mKZ9YIqioymCzLq9gwQbooMDQaHWBfEbwrbw\n"
    "qHyGO0aoSCqI3Haadr8faqU9GY/rOPNk3sgrDQoo//fb4hVC1CLQJ13hef4Y53CI\n"
    "rU7m2Ys6xt0nUW7/vGT1M0NPAgMBAAGjQjBAMA4GA1UdDwEB/wQEAwIBBjAPBgNV\n"
    "HRMBAf8EBTADAQH/MB0GA1UdDgQWBBR5tFnme7bl5AFzgAiIyBpY9umbbjANBgkq\n"
    "hkiG9w0BAQsFAAOCAgEAVR9YqbyyqFDQDLHYGmkgJykIrGF1XIpu+ILlaS/V9lZL\n"
    "ubhzEFnTIZd+50xx+7LSYK05qAvqFyFWhfFQDlnrzuBZ6brJFe+GnY+EgPbk6ZGQ\n"
    "3BebYhtF8GaV0nxvwuo77x/Py9auJ/GpsMiu/X1+mvoiBOv/2X/qkSsisRcOj/KK\n"
    "NFtY2PwByVS5uCbMiogziUwthDyC3+6WVwW6LLv3xLfHTjuCvjHIInNzktHCgKQ5\n"
    "ORAzI4JMPJ+GslWYHb4phowim57iaztXOoJwTdwJx4nLCgdNbOhdjsnvzqvHu7Ur\n"
    "TkXWStAmzOVyyghqpZXjFaH3pO3JLF+l+/+sKAIuvtd7u+Nxe5AW0wdeRlN8NwdC\n"
    "jNPElpzVmbUq4JUagEiuTDkHzsxHpFKVK7q4+63SM1N95R1NbdWhscdCb+ZAJzVc\n"
    "oyi3B43njTOQ5yOf+1CceWxG1bQVs5ZufpsMljq4Ui0/1lvh+wjChP4kqKOJ2qxq\n"
    "4RgqsahDYVvTH9w7jXbyLeiNdd8XM2w9U/t7y0Ff/9yi0GE44Za4rF2LN9d11TPA\n"
    "mRGunUHBcnWEvgJBQl9nJEiU0Zsnvgc/ubhPgXRR4Xq37Z0j4r7g1SgEEzwxA57d\n"
    "emyPxgcYxn/eR44/KJ4EBs+lVDR3veyJm+kXQ99b21/+jh5Xos1AnX5iItreGCc=\n"
    "-----END CERTIFICATE-----\n";

}  // namespace crypto_test
