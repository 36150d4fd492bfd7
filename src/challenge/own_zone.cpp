#include "challenge/own_zone.h"

#include <algorithm>

namespace challenge {

void OwnZone::place(const std::string& domain, const Placed& placed)
{
    placed(domain + "." + zone_);
}

void OwnZone::add(const dns::TxtRecord& record, Done done)
{
    auto& values = values_[record.name];
    if (std::ranges::find(values, record.value) == values.end()) {
        values.push_back(record.value);
    }
    done(publish(record.name));
}

void OwnZone::remove(const dns::TxtRecord& record, Done done)
{
    auto& values = values_[record.name];
    std::erase(values, record.value);
    done(publish(record.name));
}

// Nobody asks this nginx before the zone above says that it is to be asked.
base::Status OwnZone::check_zone(const dns::Name& zone) const
{
    if (zone.key() == zone_) {
        return base::ok();
    }
    return base::Error{base::ErrorKind::protocol,
                       "the DNS record \"" + zone_ + ". NS " + name_server_
                           + ".\" is missing (the name servers of "
                           + zone.to_text() + " answer for it)"};
}

base::Status OwnZone::publish(const std::string& name)
{
    const auto found = values_.find(name);
    if (found->second.empty()) {
        values_.erase(found);
        board_.withdraw(txt_place(name));
        return base::ok();
    }
    std::string content;
    for (const auto& value : found->second) {
        content += value + "\n";
    }
    return board_.publish(txt_place(name), content);
}

std::string domain_of(const base::Identifier& identifier)
{
    return identifier.wildcard() ? identifier.value.substr(2)
                                 : identifier.value;
}

std::vector<std::string> split_values(std::string_view content)
{
    std::vector<std::string> values;
    while (!content.empty()) {
        const auto end = content.find('\n');
        if (end == std::string_view::npos) {
            break;
        }
        values.emplace_back(content.substr(0, end));
        content.remove_prefix(end + 1);
    }
    return values;
}

}  // namespace challenge
