// Names for runs and logged models that were given none: "brisk-heron-417", at most 20 characters.
#pragma once

#include <string>

#include "base/env.h"

namespace rondo::tracking {

std::string random_name(Env& env);

}  // namespace rondo::tracking
