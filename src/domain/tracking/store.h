// All SQL of tracking. Functions check nothing but what SQL checks; the rules are in service.h.
// Implemented in store_experiments.cc, store_runs.cc, store_metrics.cc, store_inputs.cc and
// store_models.cc.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "domain/search/statement.h"
#include "domain/series/history.h"
#include "domain/tracking/metric_keys.h"
#include "domain/tracking/model.h"
#include "platform/store/tx.h"

namespace rondo::tracking {

// Experiments ---------------------------------------------------------------------------------

// The id, or nothing when the name is taken (also by a deleted experiment).
Result<std::optional<int64_t>> insert_experiment(store::Tx& tx, int64_t workspace_id,
                                                 const Experiment& experiment);
// The experiment with its own id, unless that or the name is taken.
Status insert_experiment_as(store::Tx& tx, int64_t workspace_id, const Experiment& experiment);
Result<std::optional<Experiment>> select_experiment(store::Tx& tx, int64_t workspace_id,
                                                    int64_t id);
Result<std::optional<Experiment>> select_experiment(store::Tx& tx, int64_t workspace_id,
                                                    const std::string& name);
// Without its tags.
Result<std::optional<Experiment>> select_bare_experiment(store::Tx& tx, int64_t workspace_id,
                                                         int64_t id);
// Writes name, location, stage and time of update.
Status update_experiment(store::Tx& tx, const Experiment& experiment);
Status upsert_experiment_tags(store::Tx& tx, int64_t id, const std::vector<Tag>& tags);
Result<int64_t> delete_experiment_tag(store::Tx& tx, int64_t id, const std::string& key);
Result<std::vector<Experiment>> search_experiments(store::Tx& tx, int64_t workspace_id,
                                                   const ExperimentQuery& query, int64_t offset,
                                                   int64_t limit);
// Those of the ids that exist, with their stage.
Result<std::map<int64_t, Stage>> select_stages(store::Tx& tx, int64_t workspace_id,
                                               const std::vector<int64_t>& ids,
                                               const auth::Readable& readable);

// Runs ----------------------------------------------------------------------------------------

struct RunRow {
    int64_t id = 0;  // what narrow tables refer to
    Run run;
    std::optional<int64_t> deleted_ms = {};  // when the run itself was
};

// What a write to a run has to know.
struct RunState {
    int64_t id = 0;
    int64_t experiment_id = 0;
    Stage stage = Stage::active;
    Stage experiment_stage = Stage::active;
    bool indexed = false;  // or about to be (run_index.h)
};

Result<int64_t> insert_run(store::Tx& tx, const Run& run);
Result<std::optional<RunState>> select_run_state(store::Tx& tx, int64_t workspace_id,
                                                 const std::string& run_id);
Result<std::optional<RunRow>> select_run(store::Tx& tx, int64_t workspace_id,
                                         const std::string& run_id);
Status update_run(store::Tx& tx, int64_t id, const RunUpdate& update);
Status set_run_deleted(store::Tx& tx, int64_t id, std::optional<int64_t> deleted_ms);
Status restore_runs_of(store::Tx& tx, int64_t experiment_id);
// Rows without their details. `stages` are those of the experiments to search.
Result<std::vector<RunRow>> search_runs(store::Tx& tx, const RunQuery& query,
                                        const std::map<int64_t, Stage>& stages, int64_t offset,
                                        int64_t limit);
// Metrics, params, tags, inputs and outputs of all rows.
Status load_details(store::Tx& tx, std::span<RunRow> rows);

// The number of params that were new.
Result<int64_t> insert_params(store::Tx& tx, int64_t run, const std::vector<Param>& params);
Result<std::optional<std::string>> select_param(store::Tx& tx, int64_t run, const std::string& key);
// Keys have to differ from each other.
Status upsert_run_tags(store::Tx& tx, int64_t run, const std::vector<Tag>& tags);
Result<std::optional<std::string>> select_run_tag(store::Tx& tx, int64_t run,
                                                  const std::string& key);
Result<int64_t> delete_run_tag(store::Tx& tx, int64_t run, const std::string& key);

// Metrics -------------------------------------------------------------------------------------

// A metric point as it is stored: NaN as 0 with a mark, infinities as the largest doubles.
using series::Point;
Point stored_point(const Metric& metric);
Metric metric_of(const std::string& key, const Point& point);
// Reads the columns key, value, is_nan, timestamp_ms, step from the given one on.
Metric read_metric(const store::Row& row, int first_column);
// True when a is the later one: greater step, then timestamp, then value.
bool is_later(const Point& a, const Point& b);

// Ids of names, made where they are missing; `known` may be null.
Result<KeyIds> metric_key_ids(store::Tx& tx, std::span<const std::string> names, MetricKeys* known);
// One point per key; replaces only what is earlier.
Status upsert_latest(store::Tx& tx, int64_t run, std::span<const series::KeyedPoint> points);

// The points of one run, their keys made where they are missing, and the latest of each moved on.
// `known` may be null.
Status add_metrics(store::Tx& tx, int64_t run, std::span<const Metric> metrics, int64_t now_ms,
                   MetricKeys* known);

// Where the points of a metric are; nothing when no run has a metric of that name.
Result<std::optional<series::Series>> select_series(store::Tx& tx, int64_t run,
                                                    const std::string& key);
// In order of timestamp, step, value; after the given point.
Result<std::vector<Metric>> select_history(store::Tx& tx, int64_t run, const std::string& key,
                                           const std::optional<Point>& after, int64_t limit);
// At most `limit` points, evenly picked in order of step, the first and the last among them.
Result<std::vector<Metric>> sample_history(store::Tx& tx, int64_t run, const std::string& key,
                                           const series::StepRange& range, int64_t limit);

// A metric that the run does not have is drawn without points.
Result<series::Chart> draw_history(store::Tx& tx, int64_t run, const std::string& key,
                                   const series::StepRange& range, int64_t buckets);

// Inputs and outputs --------------------------------------------------------------------------

Status insert_dataset_input(store::Tx& tx, const RunState& run, const DatasetInput& input);
enum class Direction : uint8_t { input, output };
Status upsert_run_models(store::Tx& tx, int64_t run, Direction direction,
                         const std::vector<ModelOutput>& models);
// Adds the questions for what runs have read and made.
void add_inputs(std::vector<store::Question>& questions, std::span<const store::Arg> ids,
                const std::map<int64_t, Run*>& runs);
Result<std::vector<DatasetSummary>> select_datasets(store::Tx& tx,
                                                    const std::map<int64_t, Stage>& stages,
                                                    int64_t limit);

// Logged models -------------------------------------------------------------------------------

struct ModelRow {
    int64_t id = 0;
    LoggedModel model;
};

Result<int64_t> insert_model(store::Tx& tx, const LoggedModel& model);
Result<std::optional<ModelRow>> select_model(store::Tx& tx, int64_t workspace_id,
                                             const std::string& model_id);
// The newest one of that name that the run made.
Result<std::optional<ModelRow>> select_model_of_run(store::Tx& tx, int64_t workspace_id,
                                                    const std::string& run_id,
                                                    const std::string& name);
// Writes status, stage and time of update.
Status update_model(store::Tx& tx, const ModelRow& row);
Result<int64_t> insert_model_params(store::Tx& tx, int64_t model, const std::vector<Param>& params);
Result<std::optional<std::string>> select_model_param(store::Tx& tx, int64_t model,
                                                      const std::string& key);
Status upsert_model_tags(store::Tx& tx, int64_t model, const std::vector<Tag>& tags);
Result<int64_t> delete_model_tag(store::Tx& tx, int64_t model, const std::string& key);
// Keeps the latest point per model, key, dataset and run.
Status upsert_model_metric(store::Tx& tx, int64_t model, const std::string& run_id,
                           const Metric& metric);
Result<std::vector<ModelRow>> search_models(store::Tx& tx, const LoggedModelQuery& query,
                                            const std::map<int64_t, Stage>& stages, int64_t offset,
                                            int64_t limit);
// Tags, params and metrics of all rows.
Status load_details(store::Tx& tx, std::span<ModelRow> rows);

// Whole rows ----------------------------------------------------------------------------------

// Written as they are elsewhere: made, or changed to be equal. Times, stages and ids are taken, not
// made; details are written by the functions above.
Status put_experiment(store::Tx& tx, int64_t workspace_id, const Experiment& experiment);
Result<int64_t> put_run(store::Tx& tx, const RunRow& row);
Result<int64_t> put_model(store::Tx& tx, const LoggedModel& model);

// Read as they are: a run's stage is its own, whatever its experiment's. Without details. Those of
// the ids that exist, in no order.
Result<std::vector<RunRow>> select_runs(store::Tx& tx, int64_t workspace_id,
                                        std::span<const std::string> run_ids);
Result<std::vector<ModelRow>> select_models(store::Tx& tx, int64_t workspace_id,
                                            std::span<const std::string> model_ids);
// Pages of all, deleted ones too, in order of their keys.
Result<std::vector<Experiment>> list_experiments(store::Tx& tx, int64_t workspace_id, int64_t after,
                                                 int64_t limit);
Result<std::vector<RunRow>> list_runs(store::Tx& tx, int64_t workspace_id, int64_t after,
                                      int64_t limit);
Result<std::vector<ModelRow>> list_models(store::Tx& tx, int64_t workspace_id, int64_t after,
                                          int64_t limit);
// True when the experiment has a run, a logged model or a tag.
Result<bool> is_used(store::Tx& tx, int64_t experiment_id);

}  // namespace rondo::tracking
