// Which experiment a thing belongs to: what rights on runs, logged models and artifacts are
// resolved through. Nothing when there is no such thing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/store/tx.h"

namespace rondo::tracking {

inline constexpr std::string_view kExperimentKind = "experiment";  // of grants

using ExperimentKey = Result<std::optional<int64_t>>;

ExperimentKey experiment_by_id(store::Tx& tx, int64_t workspace_id, const std::string& id);
ExperimentKey experiment_by_name(store::Tx& tx, int64_t workspace_id, const std::string& name);
ExperimentKey experiment_of_run(store::Tx& tx, int64_t workspace_id, const std::string& run_id);
ExperimentKey experiment_of_model(store::Tx& tx, int64_t workspace_id, const std::string& model_id);
// By a path below the artifact root: the experiment whose location is the path or holds it; the
// oldest, when several do.
ExperimentKey experiment_of_path(store::Tx& tx, int64_t workspace_id, const std::string& path);
// By the location of artifacts on this server; nothing for one elsewhere.
ExperimentKey experiment_of_uri(store::Tx& tx, int64_t workspace_id, const std::string& uri);

}  // namespace rondo::tracking
