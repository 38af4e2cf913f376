#include <algorithm>

#include "domain/search/filter.h"
#include "domain/tracking/grammar.h"
#include "domain/tracking/pairs.h"
#include "domain/tracking/run_index.h"
#include "domain/tracking/status_text.h"
#include "domain/tracking/store.h"

namespace rondo::tracking {
namespace {

constexpr std::string_view kColumns =
    "SELECT r.id, r.run_id, r.experiment_id, r.name, r.user_id, r.status, r.start_ms, r.end_ms, "
    "r.deleted, r.artifact_uri, r.deleted_ms ";

RunRow read_run(const store::Row& row) {
    RunRow out;
    out.id = row.integer(0);
    out.run.run_id = row.text(1);
    out.run.experiment_id = row.integer(2);
    out.run.name = row.text(3);
    out.run.user_id = row.text(4);
    out.run.status = status_of(row.text(5)).value_or(RunStatus::running);
    out.run.start_ms = row.integer(6);
    out.run.end_ms = row.get<std::optional<int64_t>>(7);
    out.run.stage = row.get<bool>(8) ? Stage::deleted : Stage::active;
    out.run.artifact_uri = row.text(9);
    out.deleted_ms = row.get<std::optional<int64_t>>(10);
    return out;
}

void add_experiments(search::Statement& statement, const std::vector<store::Arg>& ids) {
    // An equality, not a list of one: only that lets SQLite read the index in order.
    statement.add("r.experiment_id ");
    if (ids.size() == 1)
        statement.add("= ").bind(ids[0]);
    else
        statement.add("IN ").bind_list(ids);
}

// Whether runs of these experiments can be in that view: an active run has an active experiment.
bool can_have_runs(View view, const std::map<int64_t, Stage>& stages) {
    if (view != View::active_only) return !stages.empty();
    return std::ranges::any_of(stages, [](const auto& one) { return one.second == Stage::active; });
}

// Where runs of the experiments with that view are; there can be some.
void add_view(search::Statement& statement, View view, const std::map<int64_t, Stage>& stages) {
    std::vector<store::Arg> active, deleted;
    for (const auto& [id, stage] : stages)
        (stage == Stage::active ? active : deleted).emplace_back(id);
    if (view == View::all) active.insert(active.end(), deleted.begin(), deleted.end());
    if (view != View::deleted_only) {
        add_experiments(statement, active);
        if (view == View::active_only) statement.add(" AND r.deleted = 0");
        return;
    }
    statement.add("(");
    if (!active.empty()) {
        add_experiments(statement, active);
        statement.add(" AND r.deleted = 1");
    }
    if (!active.empty() && !deleted.empty()) statement.add(" OR ");
    if (!deleted.empty()) add_experiments(statement, deleted);
    statement.add(")");
}

// Appends FROM: all runs, or those of a list, which are then looked up one by one.
void add_runs(search::Statement& statement, const std::optional<std::vector<int64_t>>& ids) {
    if (!ids) {
        statement.add(" FROM runs r");
        return;
    }
    const std::vector<store::Arg> keys(ids->begin(), ids->end());
    statement.add(" FROM (SELECT * FROM runs WHERE id IN ").bind_list(keys);
    statement.add(" LIMIT ")
        .bind(std::ssize(keys))
        .add(") r");  // the limit keeps it a step of its own
}

template <class AddWhere>
Result<std::vector<int64_t>> ids_of_matching(store::Tx& tx, std::span<const int64_t> ids,
                                             const AddWhere& add_where) {
    std::vector<int64_t> found;
    if (ids.empty()) return found;
    search::Statement statement;
    statement.add("SELECT r.id");
    add_runs(statement, std::vector<int64_t>(ids.begin(), ids.end()));
    TRY(add_where(statement));
    TRY(statement.each(tx, [&](const store::Row& row) {
        found.push_back(row.integer(0));
        return true;
    }));
    return found;
}

}  // namespace

Result<int64_t> insert_run(store::Tx& tx, const Run& run) {
    TRY_ASSIGN(const auto id,
               tx.one<int64_t>("INSERT INTO runs (run_id, experiment_id, name, user_id, status, "
                               "start_ms, deleted, artifact_uri) "
                               "VALUES ($1, $2, $3, $4, $5, $6, 0, $7) RETURNING id",
                               run.run_id, run.experiment_id, run.name, run.user_id,
                               text_of(run.status), run.start_ms, run.artifact_uri));
    return *id;
}

Result<std::optional<RunState>> select_run_state(store::Tx& tx, int64_t workspace_id,
                                                 const std::string& run_id) {
    TRY_ASSIGN(const auto row, (tx.one<int64_t, int64_t, bool, bool, bool, int64_t>(
                                   "SELECT r.id, r.experiment_id, r.deleted, e.deleted, r.indexed, "
                                   "r.index_from FROM runs r "
                                   "JOIN experiments e ON e.id = r.experiment_id "
                                   "WHERE r.run_id = $1 AND e.workspace_id = $2",
                                   run_id, workspace_id)));
    if (!row) return std::nullopt;
    const auto& [id, experiment_id, run_deleted, experiment_deleted, indexed, from] = *row;
    return RunState{id, experiment_id, run_deleted ? Stage::deleted : Stage::active,
                    experiment_deleted ? Stage::deleted : Stage::active, indexed || from != 0};
}

Result<std::optional<RunRow>> select_run(store::Tx& tx, int64_t workspace_id,
                                         const std::string& run_id) {
    std::optional<RunRow> found;
    TRY(tx.each(
        std::string(kColumns) +
            ", e.deleted FROM runs r JOIN experiments e ON e.id = r.experiment_id "
            "WHERE r.run_id = $1 AND e.workspace_id = $2",
        [&](const store::Row& row) {
            found = read_run(row);
            if (row.get<bool>(11)) found->run.stage = Stage::deleted;
            return false;
        },
        run_id, workspace_id));
    return found;
}

Status update_run(store::Tx& tx, int64_t id, const RunUpdate& update) {
    std::optional<std::string_view> status;
    if (update.status) status = text_of(*update.status);
    TRY(
        tx.exec("UPDATE runs SET status = COALESCE($1, status), end_ms = COALESCE($2, end_ms), "
                "name = COALESCE($3, name) WHERE id = $4",
                status, update.end_ms, update.name, id));
    return ok();
}

Status set_run_deleted(store::Tx& tx, int64_t id, std::optional<int64_t> deleted_ms) {
    TRY(tx.exec("UPDATE runs SET deleted = $1, deleted_ms = $2 WHERE id = $3",
                deleted_ms.has_value(), deleted_ms, id));
    return ok();
}

Status restore_runs_of(store::Tx& tx, int64_t experiment_id) {
    TRY(
        tx.exec("UPDATE runs SET deleted = 0, deleted_ms = NULL "
                "WHERE experiment_id = $1 AND deleted = 1",
                experiment_id));
    return ok();
}

Result<std::vector<RunRow>> search_runs(store::Tx& tx, const RunQuery& query,
                                        const std::map<int64_t, Stage>& stages, int64_t offset,
                                        int64_t limit) {
    TRY_ASSIGN(const auto terms, search::parse_filter(query.filter));
    TRY_ASSIGN(const auto orders, search::parse_orders(run_grammar(), query.order_by));
    search::Statement checked;  // bad terms are told in their order, also where there is no run
    TRY(search::add_conditions(checked, run_grammar(), terms));
    if (!can_have_runs(query.view, stages)) return std::vector<RunRow>{};
    const auto add_where = [&](search::Statement& statement) {
        statement.add(" WHERE ");
        add_view(statement, query.view, stages);
        return search::add_conditions(statement, run_grammar(), terms);
    };
    const Matching matching = [&](std::span<const int64_t> ids) {
        return ids_of_matching(tx, ids, add_where);
    };
    std::vector<int64_t> experiments;
    for (const auto& [id, stage] : stages) experiments.push_back(id);
    search::Statement statement;
    statement.add(kColumns);
    TRY_ASSIGN(const auto ids,
               candidates(tx, {terms, orders, experiments}, offset + limit, matching));
    if (ids && ids->empty()) return std::vector<RunRow>{};
    add_runs(statement, ids);
    search::add_joins(statement, orders);
    TRY(add_where(statement));
    statement.add(" ORDER BY ");
    search::add_orders(statement, orders);
    bool by_start = false;
    for (const search::Sorting& sorting : orders)
        by_start = by_start || sorting.field->column == "r.start_ms";
    if (!by_start) statement.add("r.start_ms DESC, ");
    statement.add("r.run_id LIMIT ").bind(limit).add(" OFFSET ").bind(offset);
    std::vector<RunRow> found;
    TRY(statement.each(tx, [&](const store::Row& row) {
        found.push_back(read_run(row));
        Run& run = found.back().run;
        if (stages.at(run.experiment_id) == Stage::deleted) run.stage = Stage::deleted;
        return true;
    }));
    return found;
}

Status load_details(store::Tx& tx, std::span<RunRow> rows) {
    std::map<int64_t, Run*> runs;
    std::vector<store::Arg> ids;
    for (RunRow& row : rows) {
        runs.emplace(row.id, &row.run);
        ids.emplace_back(row.id);
    }
    std::vector<store::Question> questions;
    store::add_each_of(questions,
                       "SELECT l.run, k.name, l.value, l.is_nan, l.timestamp_ms, l.step "
                       "FROM latest_metrics l JOIN metric_keys k ON k.id = l.key_id "
                       "WHERE l.run IN ",
                       ids, "", [&](const store::Row& row) {
                           runs.at(row.integer(0))->metrics.push_back(read_metric(row, 1));
                           return true;
                       });
    add_pairs(questions, "run_params", "run", ids,
              [&](int64_t id) -> auto& { return runs.at(id)->params; });
    add_pairs(questions, "run_tags", "run", ids,
              [&](int64_t id) -> auto& { return runs.at(id)->tags; });
    add_inputs(questions, ids, runs);
    TRY(tx.run_all(questions));
    for (RunRow& row : rows) std::ranges::sort(row.run.metrics, {}, &Metric::key);
    return ok();
}

Result<int64_t> insert_params(store::Tx& tx, int64_t run, const std::vector<Param>& params) {
    store::Rows rows(3);
    for (const Param& param : params) rows.add(run, param.key, param.value);
    return store::insert_many(tx, "INSERT INTO run_params (run, key, value) VALUES ", rows,
                              " ON CONFLICT (run, key) DO NOTHING");
}

Result<std::optional<std::string>> select_param(store::Tx& tx, int64_t run,
                                                const std::string& key) {
    return tx.one<std::string>("SELECT value FROM run_params WHERE run = $1 AND key = $2", run,
                               key);
}

Status upsert_run_tags(store::Tx& tx, int64_t run, const std::vector<Tag>& tags) {
    store::Rows rows(3);
    for (const Tag& tag : tags) rows.add(run, tag.key, tag.value);
    TRY(store::put_many(tx, "INSERT INTO run_tags (run, key, value) VALUES ", rows,
                        " ON CONFLICT (run, key) DO UPDATE SET value = excluded.value"));
    return ok();
}

Result<std::optional<std::string>> select_run_tag(store::Tx& tx, int64_t run,
                                                  const std::string& key) {
    return tx.one<std::string>("SELECT value FROM run_tags WHERE run = $1 AND key = $2", run, key);
}

Result<int64_t> delete_run_tag(store::Tx& tx, int64_t run, const std::string& key) {
    return tx.exec("DELETE FROM run_tags WHERE run = $1 AND key = $2", run, key);
}

Result<int64_t> put_run(store::Tx& tx, const RunRow& row) {
    const Run& run = row.run;
    TRY_ASSIGN(
        const auto id,
        tx.one<int64_t>(
            "INSERT INTO runs (run_id, experiment_id, name, user_id, status, start_ms, end_ms, "
            "deleted, deleted_ms, artifact_uri) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
            "ON CONFLICT (run_id) DO UPDATE SET experiment_id = excluded.experiment_id, "
            "name = excluded.name, user_id = excluded.user_id, status = excluded.status, "
            "start_ms = excluded.start_ms, end_ms = excluded.end_ms, deleted = excluded.deleted, "
            "deleted_ms = excluded.deleted_ms, artifact_uri = excluded.artifact_uri, indexed = 0, "
            "index_from = 0 RETURNING id",
            run.run_id, run.experiment_id, run.name, run.user_id, text_of(run.status), run.start_ms,
            run.end_ms, run.stage == Stage::deleted, row.deleted_ms, run.artifact_uri));
    return *id;
}

Result<std::vector<RunRow>> select_runs(store::Tx& tx, int64_t workspace_id,
                                        std::span<const std::string> run_ids) {
    const std::vector<store::Arg> keys = store::args_of(run_ids);
    std::vector<RunRow> found;
    TRY(store::each_of(tx,
                       std::string(kColumns) + ", e.workspace_id FROM runs r JOIN experiments e "
                                               "ON e.id = r.experiment_id WHERE r.run_id IN ",
                       keys, "", [&](const store::Row& row) {
                           if (row.integer(11) == workspace_id) found.push_back(read_run(row));
                           return true;
                       }));
    return found;
}

Result<std::vector<RunRow>> list_runs(store::Tx& tx, int64_t workspace_id, int64_t after,
                                      int64_t limit) {
    std::vector<RunRow> found;
    TRY(tx.each(
        std::string(kColumns) + "FROM runs r JOIN experiments e ON e.id = r.experiment_id "
                                "WHERE e.workspace_id = $1 AND r.id > $2 ORDER BY r.id LIMIT $3",
        [&](const store::Row& row) {
            found.push_back(read_run(row));
            return true;
        },
        workspace_id, after, limit));
    return found;
}

}  // namespace rondo::tracking
