// The locations that MLflow's clients write: runs:/<run id>/path, models:/m-<id>,
// models:/name/3, models:/name/Production, models:/name/latest, models:/name@alias.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rondo::tracking {

struct RunUri {
    std::string run_id;
    std::string path;  // relative to the run's artifacts; may be empty
};

// Exactly one of model_id, version, stage and alias is set; name with all but model_id.
struct ModelUri {
    std::string model_id;
    std::string name;
    std::optional<int64_t> version;
    std::string stage;  // "latest" for the newest version whatever its stage
    std::string alias;
};

// Nothing when the scheme is another one; an error when the rest is malformed.
Result<std::optional<RunUri>> parse_run_uri(std::string_view uri);
Result<std::optional<ModelUri>> parse_model_uri(std::string_view uri);

}  // namespace rondo::tracking
