// XML of AWS, and what is looked for in it.

#include "aws/credentials.h"
#include "aws/service_error.h"
#include "aws/xml.h"
#include "aws/xml_entity.h"
#include "dns/route53_message.h"
#include "fuzz.h"

namespace {

std::string text_of(const aws::Element& element)
{
    std::string text = "<" + element.name + ">"
                       + aws::escape_xml(element.text);
    for (const auto& child : element.children) {
        text += text_of(child);
    }
    return text + "</" + element.name + ">";
}

bool same(const aws::Element& a, const aws::Element& b)
{
    return a.name == b.name && a.text == b.text
           && std::ranges::equal(a.children, b.children, same);
}

}  // namespace

FUZZ_TARGET(xml)
{
    if (const auto root = aws::parse_xml(input)) {
        const auto text = text_of(*root);
        const auto again = aws::parse_xml(text);
        fuzz::require(again && same(*root, *again), "it is read alike", text);
    }
    fuzz::require_printable(
        aws::error_of({400, {}, std::string(input)}).message);
    if (const auto found = aws::decode_assumed_role(input)) {
        fuzz::require(bool(aws::check(*found)), "credentials are sound");
    }
    if (const auto zone = dns::read_zone_id(input, "a.example")) {
        fuzz::require(!*zone || !(*zone)->empty(), "a zone has an id");
    }
    if (const auto change = dns::read_change(input)) {
        fuzz::require(dns::route53_id(change->id) == change->id,
                      "an id is fit for a URL", change->id);
    }
    if (const auto set = dns::read_txt_set(input, "a.example")) {
        const auto body = dns::encode_change(dns::Action::upsert, *set);
        fuzz::require(bool(aws::parse_xml(body)), "it is well-formed", body);
    }
}
