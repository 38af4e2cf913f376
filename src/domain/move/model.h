// What moves between MLflow's stores and ours, and what is told about it afterwards. The things
// themselves are those of tracking and registry, whole: with ids, times and stages as they are.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "domain/registry/store.h"
#include "domain/tracking/store.h"

namespace rondo::move {

// A registered model with all its versions, deleted ones among them.
struct RegisteredModel {
    registry::RegisteredModel model;
    std::vector<registry::VersionRow> versions;  // by number, with details
};

enum class Kind : uint8_t { experiments, runs, points, logged_models, models, versions, files };
inline constexpr std::array<std::string_view, 7> kKindNames{
    "experiments",       "runs",           "metric points", "logged models",
    "registered models", "model versions", "artifact files"};

// What became of the things of a kind.
struct Tally {
    int64_t added = 0, changed = 0, same = 0;
};

// Something that was not moved, and why, in words.
struct Left {
    std::string what;
    int64_t count = 0;
    std::string why;
};

struct Report {
    std::array<Tally, kKindNames.size()> tallies{};
    int64_t bytes = 0;  // of files that were added or changed
    std::vector<Left> left;
    Tally& of(Kind kind) { return tallies[static_cast<size_t>(kind)]; }
};

// How a long work tells of itself: a new step with how much there is to do (0: not known) and in
// what, then what was done of it.
struct Watch {
    std::function<void(const std::string& what, uint64_t total, std::string_view unit)> step;
    std::function<void(uint64_t)> done;
};
inline constexpr std::string_view kRowsUnit = "rows";
inline constexpr std::string_view kBytesUnit = "MB";

}  // namespace rondo::move
