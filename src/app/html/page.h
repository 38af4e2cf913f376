// Pages that a command writes into one file: no network, light and dark, safe for any name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/drift/model.h"

namespace rondo::app::html {

// Text for between tags and inside quoted attributes: markup becomes harmless, bytes that are no
// UTF-8 become '?'.
std::string escaped(std::string_view text);

// The whole document around a body. The body is HTML, the title text.
std::string document(std::string_view title, std::string_view body);

// Two distributions over each other, or one (`pair` false) of the bars' current shares; ranges as
// steps, categories as bars with their names.
enum class Sides { one, two };
std::string distribution(const std::vector<drift::Bar>& bars, Sides sides);

}  // namespace rondo::app::html
