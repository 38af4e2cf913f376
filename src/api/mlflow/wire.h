// The shapes of MLflow's messages that are not the domain's own: ids as text, times by other
// names, nesting. Absent members are not written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/registry/model.h"
#include "domain/registry/stage_text.h"
#include "domain/tracking/model.h"
#include "domain/tracking/status_text.h"
#include "platform/rpc/endpoint.h"

namespace rondo::json {

template <>
inline constexpr auto enum_names<tracking::RunStatus> = tracking::kRunStatuses;
template <>
inline constexpr auto enum_names<tracking::Stage> =
    std::array{std::pair{tracking::Stage::active, std::string_view("active")},
               std::pair{tracking::Stage::deleted, std::string_view("deleted")}};
template <>
inline constexpr auto enum_names<tracking::View> =
    std::array{std::pair{tracking::View::active_only, std::string_view("ACTIVE_ONLY")},
               std::pair{tracking::View::deleted_only, std::string_view("DELETED_ONLY")},
               std::pair{tracking::View::all, std::string_view("ALL")}};
template <>
inline constexpr auto enum_names<tracking::ModelStatus> = std::array{
    std::pair{tracking::ModelStatus::unspecified,
              std::string_view("LOGGED_MODEL_STATUS_UNSPECIFIED")},
    std::pair{tracking::ModelStatus::pending, std::string_view("LOGGED_MODEL_PENDING")},
    std::pair{tracking::ModelStatus::ready, std::string_view("LOGGED_MODEL_READY")},
    std::pair{tracking::ModelStatus::failed, std::string_view("LOGGED_MODEL_UPLOAD_FAILED")}};
template <>
inline constexpr auto enum_names<registry::VersionStage> = registry::kStages;

}  // namespace rondo::json

namespace rondo::api::mlflow {

// What a server that was asked before has chosen for the thing that a request makes.
inline tracking::Chosen chosen_for(const net::Request& request) {
    if (request.chosen == nullptr) return {};
    return {request.chosen->id, request.chosen->name, request.chosen->location};
}

using json::field;
using json::required;
using rpc::None;
using tracking::Metric;
using tracking::Param;
using tracking::Tag;

// The run that a message means: run_id, or the older name run_uuid.
template <class Message>
Result<std::string> run_of(const Message& message) {
    const std::string& id = message.run_id.empty() ? message.run_uuid : message.run_id;
    if (id.empty()) return fail(json::missing_field("run_id", json::Dialect::mlflow));
    return id;
}

// Nothing for a text that says nothing.
std::optional<std::string> if_any(std::string text);

struct ExperimentMessage {
    std::string experiment_id, name, artifact_location;
    tracking::Stage lifecycle_stage = tracking::Stage::active;
    int64_t last_update_time = 0, creation_time = 0;
    std::vector<Tag> tags;
    std::string workspace = "default";  // the one there is
    static constexpr auto fields = std::tuple{
        field("experiment_id", &ExperimentMessage::experiment_id, "Id"),
        field("name", &ExperimentMessage::name, "Name"),
        field("artifact_location", &ExperimentMessage::artifact_location, "Where artifacts go"),
        field("lifecycle_stage", &ExperimentMessage::lifecycle_stage, "active or deleted"),
        field("last_update_time", &ExperimentMessage::last_update_time, "ms since 1970"),
        field("creation_time", &ExperimentMessage::creation_time, "ms since 1970"),
        field("tags", &ExperimentMessage::tags, "Tags"),
        field("workspace", &ExperimentMessage::workspace, "Always default")};
};
ExperimentMessage to_message(tracking::Experiment experiment);

struct RunInfo {
    std::string run_id, run_uuid, run_name, experiment_id, user_id;
    tracking::RunStatus status = tracking::RunStatus::running;
    int64_t start_time = 0;
    std::optional<int64_t> end_time;
    std::string artifact_uri;
    tracking::Stage lifecycle_stage = tracking::Stage::active;
    static constexpr auto fields =
        std::tuple{field("run_id", &RunInfo::run_id, "Id"),
                   field("run_uuid", &RunInfo::run_uuid, "The same, by its older name"),
                   field("run_name", &RunInfo::run_name, "Name"),
                   field("experiment_id", &RunInfo::experiment_id, "Experiment it belongs to"),
                   field("user_id", &RunInfo::user_id, "Who started it"),
                   field("status", &RunInfo::status, "State"),
                   field("start_time", &RunInfo::start_time, "ms since 1970"),
                   field("end_time", &RunInfo::end_time, "ms since 1970"),
                   field("artifact_uri", &RunInfo::artifact_uri, "Where its artifacts are"),
                   field("lifecycle_stage", &RunInfo::lifecycle_stage, "active or deleted")};
};
struct RunData {
    std::vector<Metric> metrics;
    std::vector<Param> params;
    std::vector<Tag> tags;
    static constexpr auto fields = std::tuple{
        field("metrics", &RunData::metrics, "The latest point of each metric"),
        field("params", &RunData::params, "Params"), field("tags", &RunData::tags, "Tags")};
};
struct RunInputs {
    std::vector<tracking::DatasetInput> dataset_inputs;
    std::vector<tracking::ModelInput> model_inputs;
    static constexpr auto fields =
        std::tuple{field("dataset_inputs", &RunInputs::dataset_inputs, "Datasets it read"),
                   field("model_inputs", &RunInputs::model_inputs, "Models it read")};
};
struct RunOutputs {
    std::vector<tracking::ModelOutput> model_outputs;
    static constexpr auto fields =
        std::tuple{field("model_outputs", &RunOutputs::model_outputs, "Models it made")};
};
struct RunMessage {
    RunInfo info;
    RunData data;
    RunInputs inputs;
    std::optional<RunOutputs> outputs;
    static constexpr auto fields = std::tuple{
        field("info", &RunMessage::info, "What it is"), field("data", &RunMessage::data, "Logged"),
        field("inputs", &RunMessage::inputs, "What it read"),
        field("outputs", &RunMessage::outputs, "What it made")};
};
RunInfo to_info(const tracking::Run& run);
RunMessage to_message(tracking::Run run);

struct LoggedModelInfo {
    std::string model_id, experiment_id, name;
    int64_t creation_timestamp_ms = 0, last_updated_timestamp_ms = 0;
    std::string artifact_uri;
    tracking::ModelStatus status = tracking::ModelStatus::pending;
    std::string model_type, source_run_id;
    std::vector<Tag> tags;
    static constexpr auto fields = std::tuple{
        field("model_id", &LoggedModelInfo::model_id, "Id"),
        field("experiment_id", &LoggedModelInfo::experiment_id, "Experiment"),
        field("name", &LoggedModelInfo::name, "Name"),
        field("creation_timestamp_ms", &LoggedModelInfo::creation_timestamp_ms, "ms since 1970"),
        field("last_updated_timestamp_ms", &LoggedModelInfo::last_updated_timestamp_ms,
              "ms since 1970"),
        field("artifact_uri", &LoggedModelInfo::artifact_uri, "Where its files are"),
        field("status", &LoggedModelInfo::status, "State"),
        field("model_type", &LoggedModelInfo::model_type, "Kind of model"),
        field("source_run_id", &LoggedModelInfo::source_run_id, "Run that made it"),
        field("tags", &LoggedModelInfo::tags, "Tags")};
};
struct LoggedModelData {
    std::vector<Param> params;
    std::vector<Metric> metrics;
    static constexpr auto fields =
        std::tuple{field("params", &LoggedModelData::params, "Params"),
                   field("metrics", &LoggedModelData::metrics, "Metrics by dataset and run")};
};
struct LoggedModelMessage {
    LoggedModelInfo info;
    LoggedModelData data;
    static constexpr auto fields =
        std::tuple{field("info", &LoggedModelMessage::info, "What it is"),
                   field("data", &LoggedModelMessage::data, "Params and metrics")};
};
LoggedModelMessage to_message(tracking::LoggedModel model);

struct ModelVersionMessage {
    std::string name, version;
    int64_t creation_timestamp = 0, last_updated_timestamp = 0;
    registry::VersionStage current_stage = registry::VersionStage::none;
    std::optional<std::string> description;
    std::string source, status = "READY", run_id, run_link;
    std::optional<std::string> model_id;
    std::vector<Tag> tags;
    std::vector<std::string> aliases;
    static constexpr auto fields = std::tuple{
        field("name", &ModelVersionMessage::name, "Registered model"),
        field("version", &ModelVersionMessage::version, "Number"),
        field("creation_timestamp", &ModelVersionMessage::creation_timestamp, "ms since 1970"),
        field("last_updated_timestamp", &ModelVersionMessage::last_updated_timestamp,
              "ms since 1970"),
        field("current_stage", &ModelVersionMessage::current_stage, "Stage"),
        field("description", &ModelVersionMessage::description, "Description"),
        field("source", &ModelVersionMessage::source, "What it was registered from"),
        field("run_id", &ModelVersionMessage::run_id, "Run that made it"),
        field("status", &ModelVersionMessage::status, "READY"),
        field("tags", &ModelVersionMessage::tags, "Tags"),
        field("run_link", &ModelVersionMessage::run_link, "Link to the run"),
        field("aliases", &ModelVersionMessage::aliases, "Aliases that point here"),
        field("model_id", &ModelVersionMessage::model_id, "Logged model that it is")};
};
ModelVersionMessage to_message(registry::ModelVersion version);
std::vector<ModelVersionMessage> to_messages(std::vector<registry::ModelVersion> versions);

struct AliasMessage {
    std::string alias, version;
    static constexpr auto fields = std::tuple{field("alias", &AliasMessage::alias, "Name"),
                                              field("version", &AliasMessage::version, "Number")};
};
struct RegisteredModelMessage {
    std::string name;
    int64_t creation_timestamp = 0, last_updated_timestamp = 0;
    std::optional<std::string> description;
    std::vector<ModelVersionMessage> latest_versions;
    std::vector<Tag> tags;
    std::vector<AliasMessage> aliases;
    static constexpr auto fields = std::tuple{
        field("name", &RegisteredModelMessage::name, "Name"),
        field("creation_timestamp", &RegisteredModelMessage::creation_timestamp, "ms since 1970"),
        field("last_updated_timestamp", &RegisteredModelMessage::last_updated_timestamp,
              "ms since 1970"),
        field("description", &RegisteredModelMessage::description, "Description"),
        field("latest_versions", &RegisteredModelMessage::latest_versions,
              "The highest version of each stage"),
        field("tags", &RegisteredModelMessage::tags, "Tags"),
        field("aliases", &RegisteredModelMessage::aliases, "Aliases")};
};
RegisteredModelMessage to_message(registry::RegisteredModel model);

}  // namespace rondo::api::mlflow
