// How states are written in the database and in searches.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "domain/tracking/model.h"

namespace rondo::tracking {

inline constexpr std::array kRunStatuses{
    std::pair{RunStatus::running, std::string_view("RUNNING")},
    std::pair{RunStatus::scheduled, std::string_view("SCHEDULED")},
    std::pair{RunStatus::finished, std::string_view("FINISHED")},
    std::pair{RunStatus::failed, std::string_view("FAILED")},
    std::pair{RunStatus::killed, std::string_view("KILLED")}};

inline constexpr std::array kModelStatuses{
    std::pair{ModelStatus::unspecified, std::string_view("UNSPECIFIED")},
    std::pair{ModelStatus::pending, std::string_view("PENDING")},
    std::pair{ModelStatus::ready, std::string_view("READY")},
    std::pair{ModelStatus::failed, std::string_view("FAILED")}};

constexpr std::string_view text_of(RunStatus status) {
    return kRunStatuses[static_cast<size_t>(status)].second;
}
constexpr std::string_view text_of(ModelStatus status) {
    return kModelStatuses[static_cast<size_t>(status)].second;
}
constexpr std::string_view text_of(Stage stage) {
    return stage == Stage::active ? "active" : "deleted";
}

constexpr std::optional<RunStatus> status_of(std::string_view text) {
    for (const auto& [status, name] : kRunStatuses) {
        if (name == text) return status;
    }
    return std::nullopt;
}
constexpr std::optional<ModelStatus> model_status_of(std::string_view text) {
    for (const auto& [status, name] : kModelStatuses) {
        if (name == text) return status;
    }
    return std::nullopt;
}

}  // namespace rondo::tracking
