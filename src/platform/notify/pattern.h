// Patterns over kinds and subjects of events: a '*' stands for any characters, also none. Pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace rondo::notify {

// Linear in the text for each '*'; both are bounded by check_pattern.
bool matches(std::string_view pattern, std::string_view text);
// At most 100 bytes, printable, at most four '*'.
Status check_pattern(std::string_view pattern, std::string_view field);

}  // namespace rondo::notify
