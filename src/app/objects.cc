#include "app/objects.h"

#include "base/text.h"
#include "domain/data/store.h"
#include "domain/loop/store.h"
#include "domain/pipeline/store.h"
#include "domain/registry/objects.h"
#include "domain/rollout/store.h"
#include "domain/serving/store.h"
#include "domain/tracking/objects.h"

namespace rondo::app {
namespace {

using auth::ObjectRef;
using auth::Resolve;
using Found = Result<std::optional<ObjectRef>>;

Found object(std::string_view kind, Result<std::optional<int64_t>> key) {
    TRY(key);
    if (!*key) return std::optional<ObjectRef>();
    return ObjectRef{std::string(kind), **key};
}

Resolve by_key(std::string_view kind, int64_t workspace_id,
               Result<std::optional<int64_t>> (*find)(store::Tx&, int64_t, const std::string&)) {
    return {kind, [=](store::Tx& tx, const std::string& id) {
                return object(kind, find(tx, workspace_id, id));
            }};
}

Result<std::optional<int64_t>> pipeline_by_name(store::Tx& tx, int64_t workspace_id,
                                                const std::string& name) {
    TRY_ASSIGN(const auto found, pipeline::sql::find_pipeline(tx, workspace_id, name));
    if (!found) return std::optional<int64_t>();
    return found->id;
}

Result<std::optional<int64_t>> pipeline_of_run(store::Tx& tx, int64_t, const std::string& id) {
    const auto run = pipeline::sql::get_run(tx, parse_int(id).value_or(0));
    if (!run && run.error().code != Code::not_found) return fail(run.error());
    if (!run) return std::optional<int64_t>();
    return run->pipeline_id;
}

Result<std::optional<int64_t>> endpoint_by_name(store::Tx& tx, int64_t workspace_id,
                                                const std::string& name) {
    TRY_ASSIGN(const auto found, serving::sql::find_endpoint(tx, workspace_id, name));
    if (!found) return std::optional<int64_t>();
    return found->id;
}

Result<std::optional<int64_t>> endpoint_of_rollout(store::Tx& tx, int64_t, const std::string& id) {
    TRY_ASSIGN(const auto found, rollout::sql::find(tx, parse_int(id).value_or(0)));
    if (!found) return std::optional<int64_t>();
    return found->endpoint_id;
}

Result<std::optional<int64_t>> endpoint_of_decision(store::Tx& tx, int64_t, const std::string& id) {
    const auto found = loop::sql::get_decision(tx, parse_int(id).value_or(0));
    if (!found && found.error().code != Code::not_found) return fail(found.error());
    if (!found) return std::optional<int64_t>();
    return found->endpoint_id;
}

}  // namespace

std::map<std::string, Resolve, std::less<>> object_resolvers(int64_t workspace_id) {
    const auto experiment = [=](auto find) {
        return by_key(tracking::kExperimentKind, workspace_id, find);
    };
    const auto endpoint = [=](auto find) {
        return by_key(serving::kEndpointKind, workspace_id, find);
    };
    return {
        {"experiment", experiment(tracking::experiment_by_id)},
        {"experiment_name", experiment(tracking::experiment_by_name)},
        {"run", experiment(tracking::experiment_of_run)},
        {"logged_model", experiment(tracking::experiment_of_model)},
        {"artifact", experiment(tracking::experiment_of_path)},
        {"artifact_uri", experiment(tracking::experiment_of_uri)},
        {"model", by_key(registry::kModelKind, workspace_id, registry::model_by_name)},
        {"source",
         {"",
          [=](store::Tx& tx, const std::string& source) {
              return registry::object_of_source(tx, workspace_id, source);
          }}},
        {"dataset", by_key(data::kDatasetKind, workspace_id, data::sql::find_dataset)},
        {"pipeline", by_key(pipeline::kPipelineKind, workspace_id, pipeline_by_name)},
        {"pipeline_run", by_key(pipeline::kPipelineKind, workspace_id, pipeline_of_run)},
        {"endpoint", endpoint(endpoint_by_name)},
        {"rollout", endpoint(endpoint_of_rollout)},
        {"decision", endpoint(endpoint_of_decision)},
    };
}

Result<std::string> object_name(store::Tx& tx, const auth::ObjectRef& object) {
    const std::map<std::string_view, std::string_view> tables{
        {tracking::kExperimentKind, "SELECT name FROM experiments WHERE id = $1"},
        {registry::kModelKind, "SELECT name FROM registered_models WHERE id = $1"},
        {data::kDatasetKind, "SELECT name FROM datasets WHERE id = $1"},
        {pipeline::kPipelineKind, "SELECT name FROM pipelines WHERE id = $1"},
        {serving::kEndpointKind, "SELECT name FROM endpoints WHERE id = $1"}};
    const auto found = tables.find(object.kind);
    std::optional<std::string> name;
    if (found != tables.end()) {
        TRY_ASSIGN(name, tx.one<std::string>(found->second, object.id));
    }
    return name.value_or("#" + std::to_string(object.id));
}

}  // namespace rondo::app
