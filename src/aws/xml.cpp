#include "aws/xml.h"

#include <algorithm>
#include <optional>

#include "aws/xml_entity.h"

namespace aws {

namespace {

constexpr std::string_view kSpaces = " \t\r\n";

// Of ASCII alone: AWS has no others.
bool is_name(std::string_view text)
{
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !text.empty() && is_letter(text.front())
           && std::ranges::all_of(text, [&](char c) {
                  return is_letter(c) || (c >= '0' && c <= '9') || c == ':'
                         || c == '-' || c == '.';
              });
}

// Reads a document from its front; what does not fit makes it fail for good.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    base::Result<Element> read()
    {
        while (!failed_ && !rest_.empty()) {
            if (rest_.starts_with('<')) {
                read_markup();
            } else {
                read_text(take_before("<"));
            }
        }
        if (failed_ || !root_ || !open_.empty()) {
            return base::Error{base::ErrorKind::protocol,
                               "no well-formed XML"};
        }
        return std::move(*root_);
    }

private:
    void fail() { failed_ = true; }

    bool take(std::string_view prefix)
    {
        if (!rest_.starts_with(prefix)) {
            return false;
        }
        rest_.remove_prefix(prefix.size());
        return true;
    }

    // Up to the mark, or all there is.
    std::string_view take_before(std::string_view mark)
    {
        const auto taken = rest_.substr(0, rest_.find(mark));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    // Up to the mark, which must come and goes with it.
    std::string_view take_through(std::string_view mark)
    {
        const auto taken = take_before(mark);
        if (!take(mark)) {
            fail();
        }
        return taken;
    }

    void read_markup()
    {
        if (take("<?")) {
            take_through("?>");
        } else if (take("<!--")) {
            take_through("-->");
        } else if (take("<![CDATA[")) {
            append(take_through("]]>"));
        } else if (take("</")) {
            read_end(take_through(">"));
        } else if (rest_.starts_with("<!")) {
            fail();  // a DTD
        } else {
            take("<");
            read_start(take_tag());
        }
    }

    // Up to the ">" that is not within an attribute's value.
    std::string_view take_tag()
    {
        std::size_t at = 0;
        char quote = 0;
        for (; at < rest_.size() && (quote || rest_[at] != '>'); ++at) {
            const char c = rest_[at];
            if (quote ? c == quote : c == '"' || c == '\'') {
                quote = quote ? '\0' : c;
            }
        }
        const auto tag = rest_.substr(0, at);
        rest_.remove_prefix(at);
        if (!take(">")) {
            fail();
        }
        return tag;
    }

    void read_start(std::string_view tag)
    {
        const bool closed = tag.ends_with('/');
        if (closed) {
            tag.remove_suffix(1);
        }
        const auto name = tag.substr(0, tag.find_first_of(kSpaces));
        if (!is_name(name) || root_ || open_.size() == kMaxDepth
            || ++elements_ > kMaxElements)
        {
            fail();
            return;
        }
        open_.push_back({std::string(name), {}, {}});
        if (closed) {
            close();
        }
    }

    void read_end(std::string_view tag)
    {
        const auto name = tag.substr(0, tag.find_first_of(kSpaces));
        if (open_.empty() || open_.back().name != name) {
            fail();
            return;
        }
        close();
    }

    void close()
    {
        Element element = std::move(open_.back());
        open_.pop_back();
        if (open_.empty()) {
            root_ = std::move(element);
        } else {
            open_.back().children.push_back(std::move(element));
        }
    }

    void read_text(std::string_view text)
    {
        while (!failed_ && !text.empty()) {
            const auto plain = text.substr(0, text.find('&'));
            append(plain);
            text.remove_prefix(plain.size());
            if (text.empty()) {
                return;
            }
            const auto end = text.find(';');
            if (end == text.npos) {
                fail();
                return;
            }
            decode(text.substr(1, end - 1));
            text.remove_prefix(end + 1);
        }
    }

    // Outside of the root there may be spaces only.
    void append(std::string_view text)
    {
        if (!open_.empty()) {
            open_.back().text += text;
        } else if (text.find_first_not_of(kSpaces) != text.npos) {
            fail();
        }
    }

    void decode(std::string_view name)
    {
        const auto character = decode_entity(name);
        if (character.empty() || open_.empty()) {
            fail();
            return;
        }
        append(character);
    }

    std::string_view rest_;
    bool failed_ = false;
    std::size_t elements_ = 0;
    std::vector<Element> open_;
    std::optional<Element> root_;
};

}  // namespace

const Element* Element::find(std::string_view child) const
{
    const auto found = std::ranges::find(children, child, &Element::name);
    return found == children.end() ? nullptr : &*found;
}

base::Result<Element> parse_xml(std::string_view text)
{
    return Reader(text).read();
}

std::string_view text_at(const Element& root,
                         std::initializer_list<std::string_view> path)
{
    const Element* element = &root;
    for (const auto name : path) {
        element = element ? element->find(name) : nullptr;
    }
    return element ? std::string_view(element->text) : std::string_view();
}

}  // namespace aws
