#include "domain/pipeline/store.h"

#include "base/check.h"
#include "base/text.h"
#include "domain/search/statement.h"
#include "platform/json/enums.h"

namespace rondo::pipeline::sql {
namespace {

template <class T>
T stored(std::string_view text) {
    auto value = json::read<T>(text, json::Dialect::lenient);
    CHECK(value.has_value(), "a stored definition that does not parse");
    return std::move(*value);
}

constexpr std::string_view kPipelineColumns =
    "SELECT id, workspace_id, version, spec FROM pipelines ";

Pipeline pipeline_from(const store::Row& row) {
    return {row.integer(0), row.integer(1), row.integer(2), stored<PipelineSpec>(row.text(3))};
}

constexpr std::string_view kRunColumns =
    "SELECT r.id, r.workspace_id, r.pipeline_id, r.pipeline_version, r.spec, r.request, r.state, "
    "r.ver, r.problem, r.outcome, r.created_at, r.ended_at FROM pipeline_runs r ";

std::optional<Time> time_at(const store::Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return from_micros(row.integer(column));
}

Run run_from(const store::Row& row) {
    Run run;
    run.id = row.integer(0);
    run.workspace_id = row.integer(1);
    run.pipeline_id = row.integer(2);
    run.pipeline_version = row.integer(3);
    run.spec = stored<PipelineSpec>(row.text(4));
    run.request = stored<RunRequest>(row.text(5));
    run.state = json::stored_value_of<State>(row.text(6));
    run.ver = row.integer(7);
    run.problem = row.get<std::string>(8);
    if (!row.text(9).empty()) run.outcome = stored<Outcome>(row.text(9));
    run.created = from_micros(row.integer(10));
    run.ended = time_at(row, 11);
    return run;
}

Result<std::vector<Task>> tasks_of(store::Tx& tx, int64_t run_id) {
    std::vector<Task> tasks;
    TRY(tx.each(
        "SELECT name, state, ver, attempt, pid, start_ticks, started_at, ended_at, "
        "exit_code, problem, outputs, server, taken_over FROM pipeline_tasks WHERE run_id = $1 "
        "ORDER BY name",
        [&](const store::Row& row) {
            Task task;
            task.name = row.get<std::string>(0);
            task.state = json::stored_value_of<State>(row.text(1));
            task.ver = row.integer(2);
            task.attempt = row.integer(3);
            task.pid = row.integer(4);
            task.start_ticks = row.integer(5);
            task.started = time_at(row, 6);
            task.ended = time_at(row, 7);
            task.exit_code = row.get<std::optional<int64_t>>(8);
            task.problem = row.get<std::string>(9);
            task.outputs.text = row.get<std::string>(10);
            task.server = row.get<std::string>(11);
            task.taken_over = row.integer(12);
            tasks.push_back(std::move(task));
            return true;
        },
        run_id));
    return tasks;
}

}  // namespace

Result<Pipeline> put_pipeline(store::Tx& tx, int64_t workspace_id, const PipelineSpec& spec,
                              Time now) {
    TRY_ASSIGN(const auto row,
               (tx.one<int64_t, int64_t>(
                   "INSERT INTO pipelines (workspace_id, name, version, spec, updated_at) "
                   "VALUES ($1, $2, 1, $3, $4) ON CONFLICT (workspace_id, name) DO UPDATE SET "
                   "version = pipelines.version + 1, spec = excluded.spec, "
                   "updated_at = excluded.updated_at RETURNING id, version",
                   workspace_id, spec.name, json::write(spec), to_micros(now))));
    return Pipeline{std::get<0>(*row), workspace_id, std::get<1>(*row), spec};
}

Result<std::optional<Pipeline>> find_pipeline(store::Tx& tx, int64_t workspace_id,
                                              const std::string& name) {
    std::optional<Pipeline> found;
    TRY(tx.each(
        std::string(kPipelineColumns) + "WHERE workspace_id = $1 AND name = $2",
        [&](const store::Row& row) {
            found = pipeline_from(row);
            return false;
        },
        workspace_id, name));
    return found;
}

Result<std::vector<Pipeline>> list_pipelines(store::Tx& tx, int64_t workspace_id,
                                             const auth::Readable& readable) {
    search::Statement statement;
    statement.add(kPipelineColumns).add("WHERE workspace_id = ").bind(workspace_id);
    statement.add_readable(readable, kPipelineKind, "pipelines.id");
    statement.add(" ORDER BY name LIMIT 1000");
    std::vector<Pipeline> found;
    TRY(statement.each(tx, [&](const store::Row& row) {
        found.push_back(pipeline_from(row));
        return true;
    }));
    return found;
}

Result<StartedRun> insert_run(store::Tx& tx, const Pipeline& pipeline, const RunRequest& request,
                              Time now) {
    TRY_ASSIGN(
        const auto id,
        tx.one<int64_t>("INSERT INTO pipeline_runs (workspace_id, pipeline_id, pipeline_version, "
                        "idempotency_key, spec, request, state, ver, cause, problem, outcome, "
                        "created_at) VALUES ($1, $2, $3, $4, $5, $6, 'queued', 0, $7, '', '', $8) "
                        "ON CONFLICT (workspace_id, idempotency_key) DO NOTHING RETURNING id",
                        pipeline.workspace_id, pipeline.id, pipeline.version,
                        request.idempotency_key, json::write(pipeline.spec), json::write(request),
                        request.cause, to_micros(now)));
    if (!id) {
        TRY_ASSIGN(const auto same,
                   tx.one<int64_t>("SELECT id FROM pipeline_runs WHERE workspace_id = $1 "
                                   "AND idempotency_key = $2 AND pipeline_id = $3",
                                   pipeline.workspace_id, request.idempotency_key, pipeline.id));
        if (!same)
            return fail(Code::conflict,
                        "the idempotency key " + quoted(request.idempotency_key) +
                            " belongs to a run of another pipeline; choose another",
                        "idempotency_key");
        return StartedRun{*same, false};
    }
    for (const TaskSpec& task : pipeline.spec.tasks) {
        TRY(
            tx.exec("INSERT INTO pipeline_tasks (run_id, name, state, ver, attempt, pid, "
                    "start_ticks, problem, outputs) VALUES ($1, $2, 'queued', 0, 0, 0, 0, '', "
                    "'{}')",
                    *id, task.name));
    }
    return StartedRun{*id, true};
}

Result<Run> get_run(store::Tx& tx, int64_t id) {
    std::optional<Run> found;
    TRY(tx.each(
        std::string(kRunColumns) + "WHERE r.id = $1",
        [&](const store::Row& row) {
            found = run_from(row);
            return false;
        },
        id));
    if (!found)
        return fail(Code::not_found,
                    "no pipeline run " + std::to_string(id) + "; `rondo run list` shows them");
    TRY_ASSIGN(found->tasks, tasks_of(tx, id));
    return std::move(*found);
}

Result<std::vector<Run>> list_runs(store::Tx& tx, int64_t workspace_id, const std::string& pipeline,
                                   int limit, const auth::Readable& readable) {
    search::Statement statement;
    statement.add(kRunColumns).add("JOIN pipelines p ON p.id = r.pipeline_id ");
    statement.add("WHERE r.workspace_id = ").bind(workspace_id);
    if (!pipeline.empty()) statement.add(" AND p.name = ").bind(store::to_arg(pipeline));
    statement.add_readable(readable, kPipelineKind, "p.id");
    statement.add(" ORDER BY r.id DESC LIMIT ").bind(store::to_arg(limit));
    std::vector<Run> found;
    TRY(statement.each(tx, [&](const store::Row& row) {
        found.push_back(run_from(row));
        return true;
    }));
    for (Run& run : found) {
        TRY_ASSIGN(run.tasks, tasks_of(tx, run.id));
    }
    return found;
}

Result<std::vector<int64_t>> open_runs(store::Tx& tx) {
    return tx.all<int64_t>(
        "SELECT id FROM pipeline_runs WHERE state IN ('queued', 'running') "
        "ORDER BY id LIMIT 10000");
}

Result<bool> move_run(store::Tx& tx, const Run& from, State to, const std::string& problem,
                      const std::optional<Outcome>& outcome, Time now) {
    const std::optional<int64_t> ended =
        is_final(to) ? std::optional(to_micros(now)) : std::nullopt;
    TRY_ASSIGN(const int64_t changed,
               tx.exec("UPDATE pipeline_runs SET state = $1, ver = ver + 1, problem = $2, "
                       "outcome = $3, ended_at = $4 WHERE id = $5 AND state = $6 AND ver = $7",
                       json::text_of(to), problem, outcome ? json::write(*outcome) : "", ended,
                       from.id, json::text_of(from.state), from.ver));
    return changed == 1;
}

Result<bool> begin_attempt(store::Tx& tx, int64_t run_id, const Task& task, int64_t attempt,
                           const std::string& server, Time now) {
    TRY_ASSIGN(const int64_t changed,
               tx.exec("UPDATE pipeline_tasks SET state = 'running', ver = ver + 1, attempt = $1, "
                       "pid = 0, start_ticks = 0, started_at = $2, ended_at = NULL, "
                       "exit_code = NULL, server = $3 WHERE run_id = $4 AND name = $5 AND "
                       "ver = $6 AND state = $7",
                       attempt, to_micros(now), server, run_id, task.name, task.ver,
                       json::text_of(task.state)));
    return changed == 1;
}

Result<bool> take_over(store::Tx& tx, int64_t run_id, const Task& task, Time now) {
    TRY_ASSIGN(const int64_t changed,
               tx.exec("UPDATE pipeline_tasks SET state = 'queued', ver = ver + 1, ended_at = $1, "
                       "problem = $2, taken_over = taken_over + 1 WHERE run_id = $3 AND "
                       "name = $4 AND attempt = $5 AND state = 'running'",
                       to_micros(now), "the server that ran it is gone; it starts again elsewhere",
                       run_id, task.name, task.attempt));
    return changed == 1;
}

Result<bool> set_process(store::Tx& tx, int64_t run_id, const std::string& task, int64_t attempt,
                         int64_t pid, int64_t start_ticks) {
    TRY_ASSIGN(const int64_t changed,
               tx.exec("UPDATE pipeline_tasks SET pid = $1, start_ticks = $2 "
                       "WHERE run_id = $3 AND name = $4 AND attempt = $5 AND state = 'running'",
                       pid, start_ticks, run_id, task, attempt));
    return changed == 1;
}

Result<bool> end_attempt(store::Tx& tx, int64_t run_id, const Task& task, State to, Time now) {
    TRY_ASSIGN(const int64_t changed,
               tx.exec("UPDATE pipeline_tasks SET state = $1, ver = ver + 1, ended_at = $2, "
                       "exit_code = $3, problem = $4, outputs = $5 "
                       "WHERE run_id = $6 AND name = $7 AND attempt = $8 AND state = 'running'",
                       json::text_of(to), to_micros(now), task.exit_code, task.problem,
                       task.outputs.text, run_id, task.name, task.attempt));
    return changed == 1;
}

}  // namespace rondo::pipeline::sql
