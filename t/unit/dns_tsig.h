// A key, a request signed with it, and the answers of a server that has the
// key, written without the code that is tested.
#pragma once

#include <optional>

#include "dns/update.h"
#include "dns/wire.h"
#include "dns_bytes.h"

namespace dns_test {

// 2025-11-24T16:00:00Z
constexpr base::Time kSigned{std::chrono::seconds(1'764'000'000)};

inline dns::TsigKey tsig_key(crypto::Hash hash = crypto::Hash::sha256)
{
    std::string secret;
    for (int i = 0; i < 32; ++i) {
        secret += char(i);
    }
    return {name("acme-key.Pium.life"), hash, base::Secret(secret)};
}

inline dns::TxtChange txt_change()
{
    return {name("Pium.life"), name("_acme-challenge.www.Pium.life"),
            "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"};
}

inline dns::SignedMessage signed_request(
    crypto::Hash hash = crypto::Hash::sha256)
{
    return *dns::sign(dns::make_addition(txt_change(), 60, 0x1234),
                      tsig_key(hash), kSigned);
}

struct Server {
    dns::Rcode rcode = dns::Rcode::no_error;
    dns::TsigKey key = tsig_key();
    std::uint64_t time = 1'764'000'002;
    std::uint16_t fudge = 300;
    std::uint16_t error = 0;
    std::string other;
    std::uint16_t id = 0x1234;
    std::uint16_t original_id = 0x1234;
    bool with_mac = true;
    std::size_t mac_size = 32;
    dns::Class rr_class = dns::Class::any;

    std::string answer_to(const dns::SignedMessage& request) const
    {
        dns::Message answer;
        answer.header.id = id;
        answer.header.response = true;
        answer.header.opcode = dns::Opcode::update;
        answer.header.rcode = rcode;
        answer.questions = {{name("pium.life"), dns::Type::soa,
                             dns::Class::in}};
        answer.additional = {{key.name, dns::Type::tsig, rr_class, 0,
                              rdata(encoded(answer), request.mac)}};
        return encoded(answer);
    }

private:
    std::string rdata(std::string plain, const std::string& request_mac) const
    {
        std::string id;
        dns::put_u16(id, original_id);
        plain.replace(0, 2, id);
        const auto algorithm = dns::algorithm_name(key.hash);
        std::string clock, trouble, digested, rdata;
        dns::put_u48(clock, time);
        dns::put_u16(clock, fudge);
        dns::put_u16(trouble, error);
        dns::put_u16(trouble, std::uint16_t(other.size()));
        trouble += other;
        dns::put_u16(digested, std::uint16_t(request_mac.size()));
        digested += request_mac + plain + key.name.canonical_wire()
                    + from_hex("00ff 00000000") + std::string(algorithm.wire())
                    + clock + trouble;
        const auto mac = with_mac ? crypto::hmac(key.hash, key.secret,
                                                 digested)
                                        ->substr(0, mac_size)
                                  : std::string();
        rdata = std::string(algorithm.wire()) + clock;
        dns::put_u16(rdata, std::uint16_t(mac.size()));
        return rdata + mac + id + trouble;
    }
};

}  // namespace dns_test
