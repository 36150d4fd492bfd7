#include "dns/name.h"

#include "base/identifier.h"

namespace dns {

namespace {

constexpr std::string_view kSpecial = "\"$();@\\";

bool is_plain(char c)
{
    return c > ' ' && c < 0x7f && c != '.'
           && kSpecial.find(c) == std::string_view::npos;
}

void append_escaped(std::string& text, std::string_view label)
{
    for (const char c : label) {
        if (is_plain(c)) {
            text += c;
            continue;
        }
        const int code = static_cast<unsigned char>(c);
        text += '\\';
        text += char('0' + code / 100);
        text += char('0' + code / 10 % 10);
        text += char('0' + code % 10);
    }
}

base::Error bad_name(const char* why)
{
    return {base::ErrorKind::config, why};
}

base::Status append_checked(Name& name, std::string_view label)
{
    if (label.empty()) {
        return bad_name("it has an empty label");
    }
    if (label.size() > Name::kMaxLabel) {
        return bad_name("it has a label of more than 63 characters");
    }
    for (const char c : label) {
        if (!is_plain(c)) {
            return bad_name("it has a character that is not supported in a "
                            "DNS name");
        }
    }
    if (!name.append(label)) {
        return bad_name("it is longer than 253 characters");
    }
    return base::ok();
}

}  // namespace

base::Result<Name> Name::from_text(std::string_view text)
{
    if (text.empty()) {
        return bad_name("it is empty");
    }
    Name name;
    if (text == ".") {
        return name;
    }
    if (text.ends_with('.')) {
        text.remove_suffix(1);
    }
    for (;;) {
        const auto dot = text.find('.');
        auto status = append_checked(name, text.substr(0, dot));
        if (!status) {
            return status.error();
        }
        if (dot == std::string_view::npos) {
            return name;
        }
        text.remove_prefix(dot + 1);
    }
}

std::string Name::to_text() const
{
    if (is_root()) {
        return ".";
    }
    std::string text;
    for (const auto label : labels()) {
        text += text.empty() ? "" : ".";
        append_escaped(text, label);
    }
    return text;
}

std::string Name::key() const { return base::to_lower(to_text()); }

// The size bytes are at most 63: below the letters.
std::string Name::canonical_wire() const { return base::to_lower(wire_); }

std::vector<std::string_view> Name::labels() const&
{
    std::vector<std::string_view> labels;
    std::string_view rest = wire_;
    while (rest.size() > 1) {
        const auto size = static_cast<unsigned char>(rest.front());
        labels.push_back(rest.substr(1, size));
        rest.remove_prefix(1 + size);
    }
    return labels;
}

Name Name::parent() const
{
    Name parent;
    if (!is_root()) {
        const auto size = static_cast<unsigned char>(wire_.front());
        parent.wire_ = wire_.substr(1 + size);
    }
    return parent;
}

bool Name::is_below(const Name& ancestor) const
{
    return wire_.size() > ancestor.wire_.size() && is_within(ancestor);
}

bool Name::is_within(const Name& zone) const
{
    Name name = *this;
    while (name.wire_.size() > zone.wire_.size()) {
        name = name.parent();
    }
    return name == zone;
}

bool Name::append(std::string_view label)
{
    if (label.empty() || label.size() > kMaxLabel
        || wire_.size() + 1 + label.size() > kMaxWire)
    {
        return false;
    }
    wire_.back() = char(label.size());
    wire_.append(label) += '\0';
    return true;
}

bool Name::operator==(const Name& other) const
{
    return wire_.size() == other.wire_.size()
           && canonical_wire() == other.canonical_wire();
}

}  // namespace dns
