// Names of rows that many writers make one after the other.
#pragma once

#include <string>

#include "base/env.h"

namespace rondo {

// A UUID of version 7 (RFC 9562, 5.7) as 32 lower-case hex characters: milliseconds of the clock
// first, then 74 random bits. Ids made one after the other lie side by side in an index, so that a
// stream of writes changes one page of it and not a page for each row.
std::string time_ordered_id(Env& env);

}  // namespace rondo
