#include "api/mlflow/wire.h"

namespace rondo::api::mlflow {

std::optional<std::string> if_any(std::string text) {
    if (text.empty()) return std::nullopt;
    return text;
}

ExperimentMessage to_message(tracking::Experiment experiment) {
    return {.experiment_id = std::to_string(experiment.id),
            .name = std::move(experiment.name),
            .artifact_location = std::move(experiment.artifact_location),
            .lifecycle_stage = experiment.stage,
            .last_update_time = experiment.updated_ms,
            .creation_time = experiment.created_ms,
            .tags = std::move(experiment.tags)};
}

RunInfo to_info(const tracking::Run& run) {
    return {.run_id = run.run_id,
            .run_uuid = run.run_id,
            .run_name = run.name,
            .experiment_id = std::to_string(run.experiment_id),
            .user_id = run.user_id,
            .status = run.status,
            .start_time = run.start_ms,
            .end_time = run.end_ms == 0 ? std::nullopt : run.end_ms,
            .artifact_uri = run.artifact_uri,
            .lifecycle_stage = run.stage};
}

RunMessage to_message(tracking::Run run) {
    return {.info = to_info(run),
            .data = {std::move(run.metrics), std::move(run.params), std::move(run.tags)},
            .inputs = {std::move(run.dataset_inputs), std::move(run.model_inputs)},
            .outputs = RunOutputs{std::move(run.model_outputs)}};
}

LoggedModelMessage to_message(tracking::LoggedModel model) {
    return {.info = {.model_id = std::move(model.model_id),
                     .experiment_id = std::to_string(model.experiment_id),
                     .name = std::move(model.name),
                     .creation_timestamp_ms = model.created_ms,
                     .last_updated_timestamp_ms = model.updated_ms,
                     .artifact_uri = std::move(model.artifact_uri),
                     .status = model.status,
                     .model_type = std::move(model.model_type),
                     .source_run_id = std::move(model.source_run_id),
                     .tags = std::move(model.tags)},
            .data = {std::move(model.params), std::move(model.metrics)}};
}

ModelVersionMessage to_message(registry::ModelVersion version) {
    return {.name = std::move(version.name),
            .version = std::to_string(version.version),
            .creation_timestamp = version.created_ms,
            .last_updated_timestamp = version.updated_ms,
            .current_stage = version.stage,
            .description = std::move(version.description),
            .source = std::move(version.source),
            .run_id = std::move(version.run_id),
            .run_link = std::move(version.run_link),
            .model_id = if_any(std::move(version.model_id)),
            .tags = std::move(version.tags),
            .aliases = std::move(version.aliases)};
}

std::vector<ModelVersionMessage> to_messages(std::vector<registry::ModelVersion> versions) {
    std::vector<ModelVersionMessage> out;
    out.reserve(versions.size());
    for (registry::ModelVersion& version : versions) out.push_back(to_message(std::move(version)));
    return out;
}

RegisteredModelMessage to_message(registry::RegisteredModel model) {
    RegisteredModelMessage out{.name = std::move(model.name),
                               .creation_timestamp = model.created_ms,
                               .last_updated_timestamp = model.updated_ms,
                               .description = if_any(std::move(model.description).value_or("")),
                               .latest_versions = to_messages(std::move(model.latest_versions)),
                               .tags = std::move(model.tags)};
    for (registry::Alias& alias : model.aliases)
        out.aliases.push_back({std::move(alias.alias), std::to_string(alias.version)});
    return out;
}

}  // namespace rondo::api::mlflow
