// All SQL of the pipeline module.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/pipeline/model.h"
#include "platform/auth/readable.h"
#include "platform/store/tx.h"

namespace rondo::pipeline::sql {

Result<Pipeline> put_pipeline(store::Tx& tx, int64_t workspace_id, const PipelineSpec& spec,
                              Time now);
Result<std::optional<Pipeline>> find_pipeline(store::Tx& tx, int64_t workspace_id,
                                              const std::string& name);
Result<std::vector<Pipeline>> list_pipelines(store::Tx& tx, int64_t workspace_id,
                                             const auth::Readable& readable);

// The new run, or the one of this pipeline that has the key already.
struct StartedRun {
    int64_t id = 0;
    bool is_new = false;
};
Result<StartedRun> insert_run(store::Tx& tx, const Pipeline& pipeline, const RunRequest& request,
                              Time now);
Result<Run> get_run(store::Tx& tx, int64_t id);
// Newest first.
Result<std::vector<Run>> list_runs(store::Tx& tx, int64_t workspace_id, const std::string& pipeline,
                                   int limit, const auth::Readable& readable);
// Runs that are not final, oldest first.
Result<std::vector<int64_t>> open_runs(store::Tx& tx);

// Compare-and-set: false when the run or task is no longer at (state, ver) or attempt.
Result<bool> move_run(store::Tx& tx, const Run& from, State to, const std::string& problem,
                      const std::optional<Outcome>& outcome, Time now);
Result<bool> begin_attempt(store::Tx& tx, int64_t run_id, const Task& task, int64_t attempt,
                           const std::string& server, Time now);
// The attempt's server is gone: it will start again elsewhere.
Result<bool> take_over(store::Tx& tx, int64_t run_id, const Task& task, Time now);
Result<bool> set_process(store::Tx& tx, int64_t run_id, const std::string& task, int64_t attempt,
                         int64_t pid, int64_t start_ticks);
Result<bool> end_attempt(store::Tx& tx, int64_t run_id, const Task& task, State to, Time now);

}  // namespace rondo::pipeline::sql
