#include "domain/search/filter.h"
#include "domain/tracking/grammar.h"
#include "domain/tracking/objects.h"
#include "domain/tracking/pairs.h"
#include "domain/tracking/store.h"

namespace rondo::tracking {
namespace {

constexpr std::string_view kColumns =
    "SELECT e.id, e.name, e.artifact_location, e.deleted, e.created_ms, e.updated_ms "
    "FROM experiments e ";

Experiment read_experiment(const store::Row& row) {
    return {.id = row.integer(0),
            .name = row.get<std::string>(1),
            .artifact_location = row.get<std::string>(2),
            .stage = row.get<bool>(3) ? Stage::deleted : Stage::active,
            .created_ms = row.integer(4),
            .updated_ms = row.integer(5)};
}

Status load_tags(store::Tx& tx, std::span<Experiment> experiments) {
    std::map<int64_t, Experiment*> by_id;
    std::vector<store::Arg> ids;
    for (Experiment& experiment : experiments) {
        by_id.emplace(experiment.id, &experiment);
        ids.emplace_back(experiment.id);
    }
    return load_pairs(tx, "experiment_tags", "experiment_id", ids,
                      [&](int64_t id) -> auto& { return by_id.at(id)->tags; });
}

Result<std::optional<Experiment>> select_where(store::Tx& tx, std::string_view where,
                                               int64_t workspace_id, const store::Arg& key) {
    std::optional<Experiment> found;
    const store::RowVisitor visit = [&](const store::Row& row) {
        found = read_experiment(row);
        return false;
    };
    const store::Arg args[] = {workspace_id, key};
    TRY(tx.run(std::string(kColumns).append(where), args, &visit));
    return found;
}

Result<std::optional<Experiment>> with_tags(store::Tx& tx,
                                            Result<std::optional<Experiment>> found) {
    if (found && *found) TRY(load_tags(tx, std::span(&**found, 1)));
    return found;
}

constexpr std::string_view kWithId = "WHERE e.workspace_id = $1 AND e.id = $2";

}  // namespace

Result<std::optional<int64_t>> insert_experiment(store::Tx& tx, int64_t workspace_id,
                                                 const Experiment& experiment) {
    return tx.one<int64_t>(
        "INSERT INTO experiments (workspace_id, name, artifact_location, deleted, created_ms, "
        "updated_ms) VALUES ($1, $2, $3, 0, $4, $5) "
        "ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id",
        workspace_id, experiment.name, experiment.artifact_location, experiment.created_ms,
        experiment.updated_ms);
}

Status insert_experiment_as(store::Tx& tx, int64_t workspace_id, const Experiment& experiment) {
    TRY(
        tx.exec("INSERT INTO experiments (id, workspace_id, name, artifact_location, deleted, "
                "created_ms, updated_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                "ON CONFLICT DO NOTHING",
                experiment.id, workspace_id, experiment.name, experiment.artifact_location,
                experiment.stage == Stage::deleted, experiment.created_ms, experiment.updated_ms));
    return ok();
}

Result<std::optional<Experiment>> select_experiment(store::Tx& tx, int64_t workspace_id,
                                                    int64_t id) {
    return with_tags(tx, select_where(tx, kWithId, workspace_id, id));
}

Result<std::optional<Experiment>> select_bare_experiment(store::Tx& tx, int64_t workspace_id,
                                                         int64_t id) {
    return select_where(tx, kWithId, workspace_id, id);
}

Result<std::optional<Experiment>> select_experiment(store::Tx& tx, int64_t workspace_id,
                                                    const std::string& name) {
    return with_tags(tx, select_where(tx, "WHERE e.workspace_id = $1 AND e.name = $2", workspace_id,
                                      std::string_view(name)));
}

Status update_experiment(store::Tx& tx, const Experiment& experiment) {
    TRY(
        tx.exec("UPDATE experiments SET name = $1, artifact_location = $2, deleted = $3, "
                "updated_ms = $4 WHERE id = $5",
                experiment.name, experiment.artifact_location, experiment.stage == Stage::deleted,
                experiment.updated_ms, experiment.id));
    return ok();
}

Status upsert_experiment_tags(store::Tx& tx, int64_t id, const std::vector<Tag>& tags) {
    for (const Tag& tag : tags) {
        TRY(
            tx.exec("INSERT INTO experiment_tags (experiment_id, key, value) VALUES ($1, $2, $3) "
                    "ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value",
                    id, tag.key, tag.value));
    }
    return ok();
}

Result<int64_t> delete_experiment_tag(store::Tx& tx, int64_t id, const std::string& key) {
    return tx.exec("DELETE FROM experiment_tags WHERE experiment_id = $1 AND key = $2", id, key);
}

Result<std::vector<Experiment>> search_experiments(store::Tx& tx, int64_t workspace_id,
                                                   const ExperimentQuery& query, int64_t offset,
                                                   int64_t limit) {
    TRY_ASSIGN(const auto terms, search::parse_filter(query.filter));
    TRY_ASSIGN(const auto orders, search::parse_orders(experiment_grammar(), query.order_by));
    search::Statement statement;
    statement.add(kColumns);
    search::add_joins(statement, orders);
    statement.add(" WHERE e.workspace_id = ").bind(workspace_id);
    statement.add_readable(query.readable, kExperimentKind, "e.id");
    if (query.view == View::active_only) statement.add(" AND e.deleted = 0");
    if (query.view == View::deleted_only) statement.add(" AND e.deleted = 1");
    TRY(search::add_conditions(statement, experiment_grammar(), terms));
    statement.add(" ORDER BY ");
    search::add_orders(statement, orders);
    statement.add(orders.empty() ? "e.created_ms DESC, e.id ASC" : "e.id DESC");
    statement.add(" LIMIT ").bind(limit).add(" OFFSET ").bind(offset);
    std::vector<Experiment> found;
    TRY(statement.each(tx, [&](const store::Row& row) {
        found.push_back(read_experiment(row));
        return true;
    }));
    TRY(load_tags(tx, found));
    return found;
}

Result<std::map<int64_t, Stage>> select_stages(store::Tx& tx, int64_t workspace_id,
                                               const std::vector<int64_t>& ids,
                                               const auth::Readable& readable) {
    std::map<int64_t, Stage> found;
    TRY_ASSIGN(const auto open, auth::ReadableSet::load(tx, readable, kExperimentKind));
    const std::vector<store::Arg> keys(ids.begin(), ids.end());
    TRY(store::each_of(tx, "SELECT id, deleted, workspace_id FROM experiments WHERE id IN ", keys,
                       "", [&](const store::Row& row) {
                           if (row.integer(2) == workspace_id && open.contains(row.integer(0)))
                               found.emplace(row.integer(0),
                                             row.get<bool>(1) ? Stage::deleted : Stage::active);
                           return true;
                       }));
    return found;
}

Result<std::vector<Experiment>> list_experiments(store::Tx& tx, int64_t workspace_id, int64_t after,
                                                 int64_t limit) {
    std::vector<Experiment> found;
    TRY(tx.each(
        std::string(kColumns) + "WHERE e.workspace_id = $1 AND e.id > $2 ORDER BY e.id LIMIT $3",
        [&](const store::Row& row) {
            found.push_back(read_experiment(row));
            return true;
        },
        workspace_id, after, limit));
    TRY(load_tags(tx, found));
    return found;
}

Status put_experiment(store::Tx& tx, int64_t workspace_id, const Experiment& experiment) {
    TRY(insert_experiment_as(tx, workspace_id, experiment));
    TRY(
        tx.exec("UPDATE experiments SET name = $1, artifact_location = $2, deleted = $3, "
                "created_ms = $4, updated_ms = $5 WHERE id = $6 AND workspace_id = $7",
                experiment.name, experiment.artifact_location, experiment.stage == Stage::deleted,
                experiment.created_ms, experiment.updated_ms, experiment.id, workspace_id));
    return ok();
}

Result<bool> is_used(store::Tx& tx, int64_t experiment_id) {
    TRY_ASSIGN(
        const auto row,
        tx.one<int64_t>("SELECT 1 WHERE EXISTS (SELECT 1 FROM runs WHERE experiment_id = $1) "
                        "OR EXISTS (SELECT 1 FROM logged_models WHERE experiment_id = $1) "
                        "OR EXISTS (SELECT 1 FROM experiment_tags WHERE experiment_id = $1)",
                        experiment_id));
    return row.has_value();
}

}  // namespace rondo::tracking
