// Small XML documents as an object store answers them: elements and their text. Strict and
// bounded, because whoever answers may not be who we think: no DOCTYPE, no entities of its own, no
// processing instructions but the declaration. Attributes are checked and dropped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rondo::blob {

struct Xml {
    std::string name;
    std::string text;  // of this element alone, references replaced
    std::vector<Xml> children;

    // The first child of that name, or an empty element.
    const Xml& operator[](std::string_view child) const;

    // Code::invalid when it is not well-formed, deeper than 16 or larger than 100,000 elements.
    static Result<Xml> parse(std::string_view document);
};

// The text with the five characters replaced that mean something.
std::string xml_escape(std::string_view text);

}  // namespace rondo::blob
