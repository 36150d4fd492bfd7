#include "dns/tsig.h"

#include <algorithm>

#include "base/text.h"
#include "dns/wire.h"

namespace dns {

namespace {

using std::chrono::seconds;

// RFC 8945, section 3.
constexpr unsigned kBadSignature = 16;
constexpr unsigned kBadKey = 17;
constexpr unsigned kBadTime = 18;

// Where ARCOUNT stands: it does not count the TSIG record while one signs.
constexpr std::size_t kAdditionalCount = kHeaderSize - 2;

// What a TSIG record says (RFC 8945, section 4.2).
struct Tsig {
    Name key;
    Name algorithm;
    std::uint64_t time = 0;  // seconds since 1970
    std::uint16_t fudge = 0;
    std::string mac;
    std::uint16_t original_id = 0;
    std::uint16_t error = 0;
    std::string other;
};

base::Error wrong(std::string what)
{
    return {base::ErrorKind::protocol, std::move(what)};
}

std::uint64_t to_seconds(base::Time time)
{
    const auto count =
        std::chrono::floor<seconds>(time).time_since_epoch().count();
    return std::uint64_t(std::max<decltype(count)>(count, 0));
}

base::Time to_time(std::uint64_t count)
{
    return base::Time(seconds(std::int64_t(count)));
}

void put_sized(std::string& out, std::string_view bytes)
{
    put_u16(out, std::uint16_t(bytes.size()));
    out += bytes;
}

// RFC 8945, section 4.3.3, the TSIG variables.
std::string variables(const Tsig& tsig)
{
    auto out = tsig.key.canonical_wire();
    put_u16(out, std::uint16_t(Class::any));
    put_u32(out, 0);
    out += tsig.algorithm.canonical_wire();
    put_u48(out, tsig.time);
    put_u16(out, tsig.fudge);
    put_u16(out, tsig.error);
    put_sized(out, tsig.other);
    return out;
}

std::string record_of(const Tsig& tsig)
{
    std::string rdata(tsig.algorithm.wire());
    put_u48(rdata, tsig.time);
    put_u16(rdata, tsig.fudge);
    put_sized(rdata, tsig.mac);
    put_u16(rdata, tsig.original_id);
    put_u16(rdata, tsig.error);
    put_sized(rdata, tsig.other);

    std::string record(tsig.key.wire());
    put_u16(record, std::uint16_t(Type::tsig));
    put_u16(record, std::uint16_t(Class::any));
    put_u32(record, 0);
    put_sized(record, rdata);
    return record;
}

std::optional<Tsig> read_tsig(const Record& record)
{
    Reader reader(record.rdata);
    Tsig tsig;
    tsig.key = record.name;
    tsig.algorithm = reader.name();
    tsig.time = reader.u48();
    tsig.fudge = reader.u16();
    tsig.mac = reader.take(reader.u16());
    tsig.original_id = reader.u16();
    tsig.error = reader.u16();
    tsig.other = reader.take(reader.u16());
    const bool good = reader.complete() && record.type == Type::tsig
                      && record.rr_class == Class::any && record.ttl == 0;
    return good ? std::optional(std::move(tsig)) : std::nullopt;
}

void put_u16_at(std::string& bytes, std::size_t at, std::uint16_t value)
{
    std::string field;
    put_u16(field, value);
    bytes.replace(at, field.size(), field);
}

// What an answer's MAC is made of (RFC 8945, section 5.3.1): the request's MAC,
// the answer as it was before it was signed, and the variables. Empty when
// the TSIG record is not the last.
std::string digested(std::string_view answer, const SignedMessage& request,
                     const Tsig& tsig)
{
    const auto end = last_record(answer);
    if (!end) {
        return {};
    }
    std::string plain(answer.substr(0, *end));
    put_u16_at(plain, 0, tsig.original_id);
    const auto count = Reader(plain, kAdditionalCount).u16();
    put_u16_at(plain, kAdditionalCount, std::uint16_t(count - 1));
    std::string all;
    put_sized(all, request.mac);
    return all + plain + variables(tsig);
}

std::string in_quotes(const TsigKey& key)
{
    return "\"" + key.name.to_text() + "\"";
}

// Why an answer has no MAC (RFC 8945, section 5.2).
base::Error unsigned_answer(const Message& answer, const TsigKey& key,
                            unsigned error)
{
    if (error == kBadKey) {
        return wrong("the name server does not know the key " + in_quotes(key)
                     + ", or not for this (BADKEY)");
    }
    if (error == kBadSignature) {
        return wrong("the name server has another secret for the key "
                     + in_quotes(key) + " (BADSIG)");
    }
    return wrong("the name server's answer (" + to_text(answer.header.rcode)
                 + ") is not signed");
}

base::Status check_mac(std::string_view bytes, const Tsig& tsig,
                       const TsigKey& key)
{
    if (tsig.key != key.name || tsig.algorithm != algorithm_name(key.hash)) {
        return wrong("the name server's answer is signed with another key "
                     "than " + in_quotes(key));
    }
    const auto mac = crypto::hmac(key.hash, key.secret, bytes);
    if (!mac) {
        return mac.error();
    }
    if (!crypto::same_mac(*mac, tsig.mac)) {
        return wrong("the signature of the name server's answer is wrong");
    }
    return base::ok();
}

base::Status check_time(const Tsig& tsig, base::Time now)
{
    const auto signed_at = to_time(tsig.time);
    if (std::chrono::abs(signed_at - now) > seconds(tsig.fudge)) {
        return wrong("the name server's answer is signed at "
                     + base::format_time(signed_at)
                     + ", too far from this machine's clock");
    }
    return base::ok();
}

// The server's clock, of an answer that is signed with the request's time.
base::Result<base::Time> server_time(const Tsig& tsig)
{
    Reader reader(tsig.other);
    const auto time = to_time(reader.u48());
    if (!reader.complete()) {
        return wrong("the name server says that the clocks differ (BADTIME), "
                     "but not by how much");
    }
    return time;
}

}  // namespace

base::Result<SignedMessage> sign(const Message& message, const TsigKey& key,
                                 base::Time now)
{
    auto bytes = encode(message);
    if (!bytes) {
        return bytes.error();
    }
    Tsig tsig;
    tsig.key = key.name;
    tsig.algorithm = algorithm_name(key.hash);
    tsig.time = to_seconds(now);
    tsig.fudge = std::uint16_t(kTsigFudge.count());
    tsig.original_id = message.header.id;
    auto mac = crypto::hmac(key.hash, key.secret, *bytes + variables(tsig));
    if (!mac) {
        return mac.error();
    }
    tsig.mac = *mac;
    put_u16_at(*bytes, kAdditionalCount,
               std::uint16_t(message.additional.size() + 1));
    return SignedMessage{*bytes + record_of(tsig), std::move(*mac)};
}

base::Result<VerifiedMessage> verify(std::string_view answer,
                                     const SignedMessage& request,
                                     const TsigKey& key, base::Time now)
{
    auto message = parse_message(answer);
    if (!message) {
        return message.error();
    }
    const auto tsig = message->additional.empty()
                          ? std::nullopt
                          : read_tsig(message->additional.back());
    if (!tsig || tsig->mac.empty()) {
        return unsigned_answer(*message, key, tsig ? tsig->error : 0);
    }
    auto status = check_mac(digested(answer, request, *tsig), *tsig, key);
    if (!status) {
        return status.error();
    }
    if (tsig->error == kBadTime) {
        const auto time = server_time(*tsig);
        if (!time) {
            return time.error();
        }
        return VerifiedMessage{std::move(*message), *time};
    }
    if (status = check_time(*tsig, now); !status) {
        return status.error();
    }
    return VerifiedMessage{std::move(*message), std::nullopt};
}

}  // namespace dns
