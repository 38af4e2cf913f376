#include "domain/registry/objects.h"

#include "domain/tracking/objects.h"
#include "domain/tracking/uri.h"

namespace rondo::registry {

Result<std::optional<int64_t>> model_by_name(store::Tx& tx, int64_t workspace_id,
                                             const std::string& name) {
    return tx.one<int64_t>("SELECT id FROM registered_models WHERE workspace_id = $1 AND name = $2",
                           workspace_id, name);
}

Result<std::optional<auth::ObjectRef>> object_of_source(store::Tx& tx, int64_t workspace_id,
                                                        const std::string& source) {
    const auto in_experiment =
        [](tracking::ExperimentKey key) -> Result<std::optional<auth::ObjectRef>> {
        TRY(key);
        if (!*key) return std::optional<auth::ObjectRef>();
        return auth::ObjectRef{std::string(tracking::kExperimentKind), **key};
    };
    // A source that does not parse leads nowhere; the registry refuses it in its own words.
    if (const auto run = tracking::parse_run_uri(source); run && *run)
        return in_experiment(tracking::experiment_of_run(tx, workspace_id, (*run)->run_id));
    if (const auto model = tracking::parse_model_uri(source); model && *model) {
        if (!(*model)->model_id.empty())
            return in_experiment(
                tracking::experiment_of_model(tx, workspace_id, (*model)->model_id));
        TRY_ASSIGN(const auto id, model_by_name(tx, workspace_id, (*model)->name));
        if (!id) return std::optional<auth::ObjectRef>();
        return auth::ObjectRef{std::string(kModelKind), *id};
    }
    return in_experiment(tracking::experiment_of_uri(tx, workspace_id, source));
}

}  // namespace rondo::registry
