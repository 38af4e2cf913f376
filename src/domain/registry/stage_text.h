// How stages are written.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "domain/registry/model.h"

namespace rondo::registry {

inline constexpr std::array kStages{
    std::pair{VersionStage::none, std::string_view("None")},
    std::pair{VersionStage::staging, std::string_view("Staging")},
    std::pair{VersionStage::production, std::string_view("Production")},
    std::pair{VersionStage::archived, std::string_view("Archived")}};

constexpr std::string_view text_of(VersionStage stage) {
    return kStages[static_cast<size_t>(stage)].second;
}

// Case does not matter.
inline std::optional<VersionStage> stage_of(std::string_view text) {
    for (const auto& [stage, name] : kStages) {
        if (equals_ignoring_case(name, text)) return stage;
    }
    return std::nullopt;
}

}  // namespace rondo::registry
