// The profile of a file as a page: a card a column.
#pragma once

#include <string>

#include "domain/drift/profile.h"

namespace rondo::app::html {

std::string profile_page(const drift::Profile& profile);

}  // namespace rondo::app::html
