// Text of others that may be no UTF-8, such as the words of a database about a damaged file.
#pragma once

#include <string>
#include <string_view>

namespace rondo {

// The same with '?' for each byte that belongs to no character.
std::string as_utf8(std::string_view text);

}  // namespace rondo
