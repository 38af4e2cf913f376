#pragma once

#include <string_view>

namespace rondo::app {

inline constexpr std::string_view kVersion = "0.1.0";
// What GET /version says: MLflow's clients read it as the version of an MLflow server and send
// spans only from 3.4 on.
inline constexpr std::string_view kMlflowVersion = "3.17.2";

}  // namespace rondo::app
