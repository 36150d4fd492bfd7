#include "dns/update.h"

#include "base/text.h"
#include "dns/rdata.h"

namespace dns {

namespace {

Message make_update(const TxtChange& change, Record record, std::uint16_t id)
{
    Message update;
    update.header.id = id;
    update.header.opcode = Opcode::update;
    update.questions = {{change.zone, Type::soa, Class::in}};
    update.authority = {std::move(record)};
    return update;
}

base::Error error(base::ErrorKind kind, std::string what)
{
    return {kind, std::move(what)};
}

base::Status status_of(Rcode rcode)
{
    using base::ErrorKind;
    const auto named = " (" + to_text(rcode) + ")";
    switch (rcode) {
    case Rcode::no_error: return base::ok();
    case Rcode::refused:
        return error(ErrorKind::config,
                     "the name server refused the update" + named
                         + ": it does not let this key change this name");
    case Rcode::not_authorized:
        return error(ErrorKind::config,
                     "the name server is not the primary one of that zone"
                         + named);
    case Rcode::not_in_zone:
        return error(ErrorKind::config,
                     "the name is not in that zone" + named);
    case Rcode::not_implemented:
        return error(ErrorKind::config,
                     "the name server takes no updates" + named);
    default:
        return error(ErrorKind::protocol,
                     "the name server could not do the update" + named);
    }
}

// Whether it answers the request at all.
base::Status check_header(std::string_view bytes, const SignedMessage& request)
{
    const auto header = parse_header(bytes);
    const auto asked = parse_header(request.bytes);
    if (!header) {
        return header.error();
    }
    if (!asked || !header->response || header->id != asked->id
        || header->opcode != asked->opcode)
    {
        return error(base::ErrorKind::protocol,
                     "the answer is not one to this request");
    }
    return base::ok();
}

}  // namespace

Message make_addition(const TxtChange& change, std::uint32_t ttl,
                      std::uint16_t id)
{
    return make_update(change, make_txt(change.name, change.value, ttl), id);
}

// RFC 2136, section 2.5.4.
Message make_removal(const TxtChange& change, std::uint16_t id)
{
    auto record = make_txt(change.name, change.value, 0);
    record.rr_class = Class::none;
    return make_update(change, std::move(record), id);
}

UpdateOutcome read_response(std::string_view bytes,
                            const SignedMessage& request, const TsigKey& key,
                            base::Time now)
{
    if (auto status = check_header(bytes, request); !status) {
        return {std::move(status), std::nullopt};
    }
    const auto verified = verify(bytes, request, key, now);
    if (!verified) {
        return {verified.error(), std::nullopt};
    }
    if (verified->server_time) {
        return {error(base::ErrorKind::protocol,
                      "the clocks differ, the name server's says "
                          + base::format_time(*verified->server_time)
                          + " (BADTIME)"),
                verified->server_time};
    }
    return {status_of(verified->message.header.rcode), std::nullopt};
}

}  // namespace dns
