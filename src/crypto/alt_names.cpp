#include "crypto/alt_names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include <openssl/err.h>

#include "crypto/error.h"

namespace crypto {

namespace {

using base::Identifier;

constexpr int kIpv4Size = 4;
constexpr int kIpv6Size = 16;

// An IP address travels as its bytes, a DNS name as text.
UniqueOctets encode(const Identifier& identifier)
{
    if (identifier.type == Identifier::Type::ip) {
        return UniqueOctets(a2i_IPADDRESS(identifier.value.c_str()));
    }
    UniqueOctets text(ASN1_STRING_type_new(V_ASN1_IA5STRING));
    const auto& value = identifier.value;
    if (text
        && ASN1_STRING_set(text.get(), value.data(), int(value.size())) != 1)
    {
        text.reset();
    }
    return text;
}

UniqueGeneralName make_name(const Identifier& identifier)
{
    auto value = encode(identifier);
    UniqueGeneralName name(GENERAL_NAME_new());
    if (!value || !name) {
        return nullptr;
    }
    const bool ip = identifier.type == Identifier::Type::ip;
    GENERAL_NAME_set0_value(name.get(), ip ? GEN_IPADD : GEN_DNS,
                            value.release());
    return name;
}

std::string_view bytes_of(const ASN1_STRING& string)
{
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&string)),
            std::size_t(ASN1_STRING_length(&string))};
}

std::string reverse_nibbles(unsigned char byte)
{
    constexpr char digits[] = "0123456789abcdef";
    return {digits[byte & 15], '.', digits[byte >> 4], '.'};
}

std::optional<Identifier> read_ip(std::string_view bytes)
{
    const bool v4 = bytes.size() == kIpv4Size;
    char text[INET6_ADDRSTRLEN];
    if ((!v4 && bytes.size() != kIpv6Size)
        || !inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data(), text,
                      sizeof(text)))
    {
        return std::nullopt;
    }
    return Identifier{Identifier::Type::ip, text};
}

std::optional<Identifier> read_name(const GENERAL_NAME& name)
{
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(&name, &type);
    if (type != GEN_DNS && type != GEN_IPADD) {
        return std::nullopt;
    }
    const auto bytes = bytes_of(*static_cast<const ASN1_STRING*>(value));
    if (type == GEN_IPADD) {
        return read_ip(bytes);
    }
    return Identifier{Identifier::Type::dns, base::to_lower(bytes)};
}

}  // namespace

base::Result<UniqueExtension> make_alt_names(
    const base::Identifiers& identifiers)
{
    const ErrorQueueGuard guard;
    if (identifiers.empty()) {
        return base::Error{base::ErrorKind::internal, "no names"};
    }
    const UniqueGeneralNames names(GENERAL_NAMES_new());
    for (const auto& identifier : identifiers) {
        auto name = make_name(identifier);
        if (!names || !name
            || sk_GENERAL_NAME_push(names.get(), name.get()) <= 0)
        {
            return openssl_error("encoding the name " + identifier.value);
        }
        name.release();
    }
    UniqueExtension extension(
        X509V3_EXT_i2d(NID_subject_alt_name, 0, names.get()));
    if (!extension) {
        return openssl_error("encoding subjectAltName");
    }
    return extension;
}

base::Identifiers read_alt_names(const X509& x509)
{
    const ErrorQueueGuard guard;
    const UniqueGeneralNames names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(&x509, NID_subject_alt_name, nullptr, nullptr)));
    base::Identifiers identifiers;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        if (auto name = read_name(*sk_GENERAL_NAME_value(names.get(), i))) {
            identifiers.push_back(std::move(*name));
        }
    }
    std::sort(identifiers.begin(), identifiers.end());
    return identifiers;
}

std::string reverse_name(const std::string& address)
{
    const UniqueOctets octets(a2i_IPADDRESS(address.c_str()));
    if (!octets) {
        ERR_clear_error();
        return {};
    }
    const auto bytes = bytes_of(*octets);
    const bool v4 = bytes.size() == kIpv4Size;
    std::string name;
    for (auto i = bytes.rbegin(); i != bytes.rend(); ++i) {
        const auto byte = static_cast<unsigned char>(*i);
        name += v4 ? std::to_string(byte) + "." : reverse_nibbles(byte);
    }
    return name + (v4 ? "in-addr.arpa" : "ip6.arpa");
}

}  // namespace crypto
