// A model.json as the UBJSON document that says the same, so that everything behind knows one
// format. A list of numbers becomes a packed list: of int64 if all are whole, else of float, which
// is what XGBoost's reals are. Besides JSON it takes what XGBoost writes for a model whose training
// diverged: bare NaN, Infinity and -Infinity.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace rondo::serving::trees {

Result<std::string> json_to_ubj(std::string_view json);

}  // namespace rondo::serving::trees
