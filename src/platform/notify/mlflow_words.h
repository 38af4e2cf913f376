// MLflow's registry webhooks: which of our events it has words for, and what it says of them
// (mlflow 3.17). Pure functions.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "platform/notify/dialects.h"

namespace rondo::notify {

// An event of the registry by MLflow's two names. What has no row there has no words.
struct MlflowEvent {
    std::string_view kind;  // ours
    std::string_view entity, action;
    std::array<std::string_view, 6> fields;  // of its payload
};
std::span<const MlflowEvent> mlflow_events();

bool speaks_mlflow(std::string_view kind);
Form write_mlflow(const Message& message, std::string_view secret);

// Data of an event that never happened, with whatever one of MLflow's has.
inline constexpr std::string_view kMlflowExample =
    R"({"name":"example","version":1,"source":"models:/example/1","run_id":null,)"
    R"("tags":{"key":"value","mlflow.prompt.text":"Hello, {{name}}"},"description":"An example",)"
    R"("alias":"champion","key":"key","value":"value"})";

}  // namespace rondo::notify
