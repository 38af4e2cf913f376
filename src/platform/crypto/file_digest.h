// The sha256 of a whole file, read piece by piece; lower-case hex.
#pragma once

#include <string>

#include "base/env.h"

namespace rondo {

Result<std::string> sha256_of(File& file);

}  // namespace rondo
