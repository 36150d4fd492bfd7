#include "dns/route53_message.h"

#include <algorithm>
#include <charconv>

#include "aws/xml.h"
#include "aws/xml_entity.h"

namespace dns {

namespace {

using aws::Element;
using aws::text_at;
using base::Error;
using base::ErrorKind;

constexpr std::string_view kNamespace =
    "https://route53.amazonaws.com/doc/2013-04-01/";
constexpr std::size_t kMaxId = 64;

// Names come with their dot at the end.
bool is_name(std::string_view text, std::string_view name)
{
    return text.size() == name.size() + 1 && text.starts_with(name)
           && text.ends_with('.');
}

// The children of a list; none when the list is not there.
std::vector<Element> items_of(const Element& root, std::string_view list)
{
    const auto* found = root.find(list);
    return found == nullptr ? std::vector<Element>() : found->children;
}

base::Result<unsigned> read_ttl(std::string_view text)
{
    unsigned ttl = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, ttl);
    if (error != std::errc() || stop != end) {
        return Error{ErrorKind::protocol, "a record set's TTL is no number"};
    }
    return ttl;
}

base::Result<TxtSet> read_values(const Element& element, std::string name)
{
    if (element.find("AliasTarget") != nullptr
        || element.find("SetIdentifier") != nullptr)
    {
        return Error{ErrorKind::config,
                     "the TXT record set there is an alias or has a routing "
                     "policy: only a simple one can be changed"};
    }
    const auto ttl = read_ttl(text_at(element, {"TTL"}));
    if (!ttl) {
        return ttl.error();
    }
    TxtSet set{std::move(name), *ttl, {}};
    for (const auto& record : items_of(element, "ResourceRecords")) {
        set.values.emplace_back(text_at(record, {"Value"}));
    }
    return set;
}

}  // namespace

std::string txt_value(std::string_view digest)
{
    return "\"" + std::string(digest) + "\"";
}

base::Result<std::optional<std::string>> read_zone_id(std::string_view xml,
                                                      std::string_view name)
{
    const auto root = aws::parse_xml(xml);
    if (!root) {
        return root.error();
    }
    std::optional<std::string> id;
    for (const auto& zone : items_of(*root, "HostedZones")) {
        if (!is_name(text_at(zone, {"Name"}), name)
            || text_at(zone, {"Config", "PrivateZone"}) == "true")
        {
            continue;
        }
        if (id) {
            return Error{ErrorKind::config,
                         "there are several public hosted zones "
                             + std::string(name)
                             + ": the one to use must be named by its id"};
        }
        id = route53_id(text_at(zone, {"Id"}));
        if (id->empty()) {
            return Error{ErrorKind::protocol, "a hosted zone has no id"};
        }
    }
    return id;
}

base::Result<TxtSet> read_txt_set(std::string_view xml,
                                  const std::string& name)
{
    const auto root = aws::parse_xml(xml);
    if (!root) {
        return root.error();
    }
    for (const auto& set : items_of(*root, "ResourceRecordSets")) {
        if (is_name(text_at(set, {"Name"}), name)
            && text_at(set, {"Type"}) == "TXT")
        {
            return read_values(set, name);
        }
    }
    return TxtSet{name};
}

// The order of the elements matters to Route 53.
std::string encode_change(Action action, const TxtSet& set)
{
    std::string records;
    for (const auto& value : set.values) {
        records += "<ResourceRecord><Value>" + aws::escape_xml(value)
                   + "</Value></ResourceRecord>";
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<ChangeResourceRecordSetsRequest xmlns=\""
           + std::string(kNamespace)
           + "\"><ChangeBatch><Changes><Change><Action>"
           + (action == Action::upsert ? "UPSERT" : "DELETE")
           + "</Action><ResourceRecordSet><Name>" + aws::escape_xml(set.name)
           + ".</Name><Type>TXT</Type><TTL>" + std::to_string(set.ttl)
           + "</TTL><ResourceRecords>" + records
           + "</ResourceRecords></ResourceRecordSet></Change></Changes>"
             "</ChangeBatch></ChangeResourceRecordSetsRequest>";
}

base::Result<Change> read_change(std::string_view xml)
{
    const auto root = aws::parse_xml(xml);
    if (!root) {
        return root.error();
    }
    Change change{route53_id(text_at(*root, {"ChangeInfo", "Id"})),
                  text_at(*root, {"ChangeInfo", "Status"}) == "INSYNC"};
    if (change.id.empty()) {
        return Error{ErrorKind::protocol, "the change has no id"};
    }
    return change;
}

std::string route53_id(std::string_view text)
{
    const auto id = text.substr(text.rfind('/') + 1);
    const bool good = id.size() <= kMaxId
                      && std::ranges::all_of(id, [](char c) {
                             return (c >= 'A' && c <= 'Z')
                                    || (c >= 'a' && c <= 'z')
                                    || (c >= '0' && c <= '9');
                         });
    return good ? std::string(id) : std::string();
}

}  // namespace dns
