// The standard base64 of RFC 4648 section 4, with padding, as signatures in headers have it. For
// identifiers of our own base/bytes.h has the URL alphabet.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace rondo {

std::string to_base64(std::string_view bytes);
// Whole quartets only, without blanks or line ends. Code::invalid for anything else.
Result<std::string> from_base64(std::string_view text);

}  // namespace rondo
