#include "domain/collection/purge.h"

#include "domain/artifacts/path.h"
#include "domain/series/store.h"
#include "domain/tracking/objects.h"
#include "platform/auth/store.h"
#include "platform/json/value.h"

namespace rondo::collection {
namespace {

using json::Value;

// Rows of points; of chunks they are up to 10 MB.
constexpr int64_t kPointSlice = 200;

// One that was deleted: its row, what its versions name it, and where its files are.
struct Deleted {
    int64_t id = 0, when = 0;
    std::string name, location;
};

Result<std::optional<Deleted>> first(store::Tx& tx, std::string_view sql, int64_t a, int64_t b,
                                     int64_t c, int64_t d) {
    std::optional<Deleted> found;
    TRY(tx.each(
        sql,
        [&](const store::Row& row) {
            found = Deleted{row.integer(0), row.integer(1), row.get<std::string>(2),
                            row.get<std::string>(3)};
            return false;
        },
        a, b, c, d));
    return found;
}

// Whether a registered model version was made of it, or its files are.
Result<bool> is_registered(store::Tx& tx, std::string_view column, const Deleted& deleted) {
    TRY_ASSIGN(const auto by_name,
               tx.one<int64_t>("SELECT id FROM model_versions WHERE deleted = 0 AND " +
                                   std::string(column) + " = $1 LIMIT 1",
                               deleted.name));
    if (by_name) return true;
    // '0' comes after '/'.
    TRY_ASSIGN(const auto by_files,
               tx.one<int64_t>("SELECT id FROM model_versions WHERE deleted = 0 AND "
                               "(storage_location = $1 OR (storage_location >= $2 AND "
                               "storage_location < $3)) LIMIT 1",
                               deleted.location, deleted.location + "/", deleted.location + "0"));
    return by_files.has_value();
}

// A slice of the names of its files; 0 when there are none left. Files elsewhere are not ours.
Result<int64_t> remove_files(store::Tx& tx, const artifacts::Service& artifacts,
                             const Deleted& deleted) {
    const auto path = artifacts::path_of_uri(deleted.location);
    if (!path || path->empty()) return 0;
    return artifacts.remove(tx, *path);
}

std::string place_at(std::string_view what, int64_t when, int64_t id) {
    return Value(Value::Object{{"what", what}, {"when", when}, {"id", id}}).dump();
}

Result<Purged> purge_run(store::Tx& tx, const artifacts::Service& artifacts, int64_t workspace_id,
                         const Value& at, int64_t deadline) {
    TRY_ASSIGN(const auto run,
               first(tx,
                     "SELECT r.id, r.deleted_ms, r.run_id, r.artifact_uri FROM runs r "
                     "JOIN experiments e ON e.id = r.experiment_id "
                     "WHERE r.deleted = 1 AND (r.deleted_ms, r.id) > ($1, $2) "
                     "AND r.deleted_ms < $3 AND e.workspace_id = $4 "
                     "ORDER BY r.deleted_ms, r.id LIMIT 1",
                     at["when"].integer(), at["id"].integer(), deadline, workspace_id));
    if (!run) return Purged{.place = place_at("models", 0, 0)};
    const std::string next = place_at("runs", run->when, run->id);
    TRY_ASSIGN(const bool registered, is_registered(tx, "run_id", *run));
    if (registered) return Purged{.place = next, .items = 1, .spared = 1};
    TRY_ASSIGN(const int64_t files, remove_files(tx, artifacts, *run));
    if (files >= artifacts::Service::kRemoveSlice) return Purged{at.dump(), files};
    TRY_ASSIGN(const int64_t rows, series::remove_rows(tx, run->id, kPointSlice));
    if (rows > 0) return Purged{at.dump(), rows};
    TRY(tx.exec("DELETE FROM runs WHERE id = $1", run->id));
    return Purged{.place = next, .items = 1, .runs = 1};
}

Result<Purged> purge_model(store::Tx& tx, const artifacts::Service& artifacts, int64_t workspace_id,
                           const Value& at, int64_t deadline) {
    TRY_ASSIGN(const auto model,
               first(tx,
                     "SELECT m.id, m.updated_ms, m.model_id, m.artifact_uri FROM logged_models m "
                     "JOIN experiments e ON e.id = m.experiment_id "
                     "WHERE m.deleted = 1 AND (m.updated_ms, m.id) > ($1, $2) "
                     "AND m.updated_ms < $3 AND e.workspace_id = $4 "
                     "ORDER BY m.updated_ms, m.id LIMIT 1",
                     at["when"].integer(), at["id"].integer(), deadline, workspace_id));
    if (!model) return Purged{.place = place_at("experiments", 0, 0)};
    const std::string next = place_at("models", model->when, model->id);
    TRY_ASSIGN(const bool registered, is_registered(tx, "model_id", *model));
    if (registered) return Purged{.place = next, .items = 1, .spared = 1};
    TRY_ASSIGN(const int64_t files, remove_files(tx, artifacts, *model));
    if (files >= artifacts::Service::kRemoveSlice) return Purged{at.dump(), files};
    TRY(tx.exec("DELETE FROM logged_models WHERE id = $1", model->id));
    return Purged{.place = next, .items = 1, .models = 1};
}

// Only what is empty by now: a run that stays keeps its experiment. The one numbered 0 is for runs
// without an experiment.
Result<Purged> purge_experiment(store::Tx& tx, int64_t workspace_id, const Value& at,
                                int64_t deadline) {
    TRY_ASSIGN(const auto experiment,
               first(tx,
                     "SELECT e.id, e.updated_ms, e.name, e.artifact_location FROM experiments e "
                     "WHERE e.deleted = 1 AND e.id <> 0 AND (e.updated_ms, e.id) > ($1, $2) "
                     "AND e.updated_ms < $3 AND e.workspace_id = $4 "
                     "AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.experiment_id = e.id) "
                     "AND NOT EXISTS (SELECT 1 FROM logged_models m WHERE m.experiment_id = e.id) "
                     "ORDER BY e.updated_ms, e.id LIMIT 1",
                     at["when"].integer(), at["id"].integer(), deadline, workspace_id));
    if (!experiment) return Purged{};
    TRY(auth::sql::delete_grants_on(tx, {std::string(tracking::kExperimentKind), experiment->id}));
    TRY(tx.exec("DELETE FROM experiments WHERE id = $1", experiment->id));
    return Purged{.place = place_at("experiments", experiment->when, experiment->id),
                  .items = 1,
                  .experiments = 1};
}

}  // namespace

Result<Purged> purge_step(store::Tx& tx, const artifacts::Service& artifacts, int64_t workspace_id,
                          const std::string& place, int64_t deadline_ms) {
    Value at = Value::Object{{"what", "runs"}, {"when", 0}, {"id", 0}};
    if (!place.empty()) {
        TRY_ASSIGN(at, Value::parse(place));
    }
    if (at["what"].text() == "runs") return purge_run(tx, artifacts, workspace_id, at, deadline_ms);
    if (at["what"].text() == "models")
        return purge_model(tx, artifacts, workspace_id, at, deadline_ms);
    return purge_experiment(tx, workspace_id, at, deadline_ms);
}

}  // namespace rondo::collection
