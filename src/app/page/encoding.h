// Two request headers that decide how a file of the page is answered (RFC 9110).
#pragma once

#include <string_view>

namespace rondo::app::page {

// Whether an Accept-Encoding takes a coding by its name: listed, and not with a quality of 0.
bool accepts(std::string_view accept_encoding, std::string_view coding);

// Whether an If-None-Match names an entity tag; weak ones count, for nothing here is compared by
// ranges.
bool lists_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace rondo::app::page
