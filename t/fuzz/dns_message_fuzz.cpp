// DNS messages: what is read can be written, and then reads the same.

#include "dns/rdata.h"
#include "fuzz.h"

namespace {

void read_all(const dns::Record& record)
{
    fuzz::require_printable(record.name.to_text());
    if (const auto text = dns::read_txt(record)) {
        fuzz::require(text->size() < record.rdata.size(), "TXT is cut only");
    }
    if (const auto target = dns::read_target(record)) {
        fuzz::require(target->wire() == record.rdata, "a name is all there");
    }
    if (const auto address = dns::read_address(record)) {
        const auto again =
            dns::make_address(record.name, *address, record.ttl);
        fuzz::require(again && again->rdata == record.rdata,
                      "an address has one text");
    }
    if (const auto soa = dns::read_soa(record)) {
        fuzz::require(dns::make_soa(record.name, *soa, 0).rdata
                          == record.rdata,
                      "a SOA is all there");
    }
    if (const auto caa = dns::read_caa(record)) {
        fuzz::require_printable(caa->tag);
    }
}

}  // namespace

FUZZ_TARGET(dns_message)
{
    const auto message = dns::parse_message(input);
    const auto last = dns::last_record(input);
    if (!message) {
        return;
    }
    std::size_t records = 0;
    for (const auto* section :
         {&message->answers, &message->authority, &message->additional})
    {
        records += section->size();
        std::for_each(section->begin(), section->end(), read_all);
    }
    fuzz::require(bool(last) == (records > 0), "it has a last record");
    fuzz::require(!last || *last < input.size(), "that is in it");
    (void) dns::find_opt(*message);

    // Uncompressed it may be longer than a message can be.
    const auto bytes = dns::encode(*message);
    if (!bytes) {
        return;
    }
    const auto again = dns::parse_message(*bytes);
    fuzz::require(again && *again == *message, "it reads the same");
    const auto twice = dns::encode(*again);
    fuzz::require(twice && *twice == *bytes, "it is written the same");
}
