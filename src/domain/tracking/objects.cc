#include "domain/tracking/objects.h"

#include "base/text.h"
#include "domain/artifacts/path.h"
#include "domain/search/statement.h"

namespace rondo::tracking {

ExperimentKey experiment_by_id(store::Tx& tx, int64_t workspace_id, const std::string& id) {
    const auto number = parse_int(id);
    if (!number) return std::optional<int64_t>();
    return tx.one<int64_t>("SELECT id FROM experiments WHERE workspace_id = $1 AND id = $2",
                           workspace_id, *number);
}

ExperimentKey experiment_by_name(store::Tx& tx, int64_t workspace_id, const std::string& name) {
    return tx.one<int64_t>("SELECT id FROM experiments WHERE workspace_id = $1 AND name = $2",
                           workspace_id, name);
}

ExperimentKey experiment_of_run(store::Tx& tx, int64_t workspace_id, const std::string& run_id) {
    return tx.one<int64_t>(
        "SELECT e.id FROM runs r JOIN experiments e ON e.id = r.experiment_id "
        "WHERE e.workspace_id = $1 AND r.run_id = $2",
        workspace_id, run_id);
}

ExperimentKey experiment_of_model(store::Tx& tx, int64_t workspace_id,
                                  const std::string& model_id) {
    return tx.one<int64_t>(
        "SELECT e.id FROM logged_models m JOIN experiments e ON e.id = m.experiment_id "
        "WHERE e.workspace_id = $1 AND m.model_id = $2",
        workspace_id, model_id);
}

ExperimentKey experiment_of_path(store::Tx& tx, int64_t workspace_id, const std::string& path) {
    const auto clean = artifacts::clean_path(path);
    if (!clean || clean->empty()) return std::optional<int64_t>();
    // Locations come in three forms of one meaning: a scheme with none, one and three slashes.
    std::vector<std::string> locations;
    for (size_t end = clean->find('/');; end = clean->find('/', end + 1)) {
        const std::string prefix = clean->substr(0, end);
        for (const char* scheme :
             {"mlflow-artifacts:/", "mlflow-artifacts:", "mlflow-artifacts:///"})
            locations.push_back(scheme + prefix);
        if (end == std::string::npos) break;
    }
    search::Statement statement;
    statement.add("SELECT min(id) FROM experiments WHERE workspace_id = ").bind(workspace_id);
    std::vector<store::Arg> args;
    for (const std::string& location : locations) args.push_back(store::to_arg(location));
    statement.add(" AND artifact_location IN ").bind_list(args);
    std::optional<int64_t> found;
    TRY(statement.each(tx, [&](const store::Row& row) {
        found = row.get<std::optional<int64_t>>(0);
        return false;
    }));
    return found;
}

ExperimentKey experiment_of_uri(store::Tx& tx, int64_t workspace_id, const std::string& uri) {
    const auto path = artifacts::path_of_uri(uri);
    if (!path) return std::optional<int64_t>();
    return experiment_of_path(tx, workspace_id, *path);
}

}  // namespace rondo::tracking
