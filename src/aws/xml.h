// XML as AWS' older services answer in it: elements and text. It is a reader
// of our own because what is read are a dozen elements of known names, and
// none of libxml2's attack surface (entities, DTDs, the network) is wanted in
// a process that holds keys; it knows no document types, so nothing expands,
// and it is fuzzed whole.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aws {

struct Element {
    std::string name;  // as written, with a prefix if it has one
    std::string text;  // what stands directly in it, entities decoded
    std::vector<Element> children;

    // The first child of that name.
    const Element* find(std::string_view child) const;
};

// The root element. Attributes, comments and processing instructions are
// passed over; a DTD, depth beyond kMaxDepth, more than kMaxElements and
// whatever is not well-formed are Errors.
constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxElements = 10'000;
base::Result<Element> parse_xml(std::string_view text);

// The text of the element that a path of children leads to; empty when there
// is none.
std::string_view text_at(const Element& root,
                         std::initializer_list<std::string_view> path);

}  // namespace aws
