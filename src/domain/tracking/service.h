// Experiments, runs, what is logged to them, and logged models: the rules of tracking. Synchronous
// over a transaction, without a word about HTTP. Errors that a caller can cause are Code::invalid,
// not_found, already_exists or conflict, with MLflow's wording where its clients look for it.
// Costs: a write to a run is one look-up and one statement per kind of thing logged.
#pragma once

#include "base/env.h"
#include "domain/artifacts/service.h"
#include "domain/series/fold.h"
#include "domain/tracking/model.h"
#include "domain/tracking/store.h"
#include "platform/store/tx.h"

namespace rondo::tracking {

inline constexpr std::string_view kRunNameTag = "mlflow.runName";
// What older clients keep about models of a run, as a JSON list.
inline constexpr std::string_view kLoggedModelsTag = "mlflow.log-model.history";
// What a logged model knows about its registrations, as a JSON list.
inline constexpr std::string_view kModelVersionsTag = "mlflow.modelVersions";

inline constexpr size_t kMaxMetricsPerBatch = 1000;
inline constexpr size_t kMaxParamsPerBatch = 100;
inline constexpr size_t kMaxTagsPerBatch = 100;
inline constexpr size_t kMaxEntitiesPerBatch = 1000;
inline constexpr size_t kMaxDatasetsPerCall = 1000;
inline constexpr size_t kMaxModelsPerCall = 1000;
inline constexpr int64_t kMaxHistoryPage = 25'000;
inline constexpr int64_t kMaxSampledPoints = 2500;  // of one run
inline constexpr size_t kMaxRunsPerHistory = 100;
inline constexpr int64_t kMaxBuckets = 2500;
inline constexpr int64_t kMaxLoggedModelPage = 100;
inline constexpr int64_t kMaxDatasetSummaries = 1000;

using search::Page;

class Service {
  public:
    struct Parts {
        Env& env;
        const artifacts::Service& artifacts;
        int64_t workspace_id = 1;
        // Where artifacts go that were given no place of their own.
        std::string artifact_root = "mlflow-artifacts:/";
        series::FoldHint* fold = nullptr;  // told of points that were logged
        MetricKeys* keys = nullptr;        // remembers the names of metrics
    };
    explicit Service(Parts parts) : parts_(std::move(parts)) {}

    // Experiments. Names of deleted ones stay taken.
    Status ensure_default_experiment(store::Tx& tx) const;
    Result<int64_t> create_experiment(store::Tx& tx, const NewExperiment& wanted) const;
    Result<Experiment> get_experiment(store::Tx& tx, int64_t id) const;
    Result<Experiment> get_experiment(store::Tx& tx, const std::string& name) const;
    Result<Page<Experiment>> search_experiments(store::Tx& tx, const ExperimentQuery& query) const;
    Status rename_experiment(store::Tx& tx, int64_t id, const std::string& name) const;
    // Its runs count as deleted with it. Deleting what is deleted is Code::not_found.
    Status delete_experiment(store::Tx& tx, int64_t id) const;
    // Also restores runs that were deleted one by one before.
    Status restore_experiment(store::Tx& tx, int64_t id) const;
    Status set_experiment_tag(store::Tx& tx, int64_t id, const Tag& tag) const;
    Status delete_experiment_tag(store::Tx& tx, int64_t id, const std::string& key) const;

    // Runs. Writes to a deleted run are Code::invalid.
    Result<Run> create_run(store::Tx& tx, const NewRun& wanted) const;
    Result<Run> get_run(store::Tx& tx, const std::string& run_id) const;
    Result<Page<Run>> search_runs(store::Tx& tx, const RunQuery& query) const;
    // The run without its details.
    Result<Run> update_run(store::Tx& tx, const RunUpdate& update) const;
    Status delete_run(store::Tx& tx, const std::string& run_id) const;
    Status restore_run(store::Tx& tx, const std::string& run_id) const;

    // Logging: all of a batch or nothing, and the same batch again changes nothing. Params never
    // change their value; the last tag of a key wins.
    Status log_batch(store::Tx& tx, const std::string& run_id, const Batch& batch) const;
    // The same for a single thing; only paths in errors differ.
    Status log_metric(store::Tx& tx, const std::string& run_id, const Metric& metric) const;
    Status log_param(store::Tx& tx, const std::string& run_id, const Param& param) const;
    Status set_tag(store::Tx& tx, const std::string& run_id, const Tag& tag) const;
    Status delete_tag(store::Tx& tx, const std::string& run_id, const std::string& key) const;
    Status log_inputs(store::Tx& tx, const std::string& run_id,
                      const std::vector<DatasetInput>& datasets,
                      const std::vector<ModelInput>& models) const;
    Status log_outputs(store::Tx& tx, const std::string& run_id,
                       const std::vector<ModelOutput>& models) const;
    // Appends a model's description (JSON) to the tag that older clients read.
    Status record_model(store::Tx& tx, const std::string& run_id,
                        const std::string& model_json) const;

    // History of metrics.
    Result<Page<Metric>> metric_history(store::Tx& tx, const HistoryQuery& query) const;
    // All points run by run in order of run id; each metric carries its run_id.
    Result<std::vector<Metric>> bulk_history(store::Tx& tx, const BulkHistoryQuery& query) const;
    // Evenly sampled points of each run.
    Result<std::vector<Metric>> sampled_history(store::Tx& tx, const BulkHistoryQuery& query) const;
    // What a chart needs of each run: least, greatest and last value of each bucket of its steps.
    Result<std::vector<RunChart>> charts(store::Tx& tx, const ChartQuery& query) const;
    Result<std::vector<DatasetSummary>> search_datasets(store::Tx& tx,
                                                        const std::vector<int64_t>& experiment_ids,
                                                        const auth::Readable& readable = {}) const;

    // Logged models.
    Result<LoggedModel> create_logged_model(store::Tx& tx, const NewLoggedModel& wanted) const;
    // Code::not_found for a deleted one.
    Result<LoggedModel> get_logged_model(store::Tx& tx, const std::string& model_id) const;
    // Also a deleted one, or nothing.
    Result<std::optional<LoggedModel>> find_logged_model(store::Tx& tx,
                                                         const std::string& model_id) const;
    // The newest of that name that a run made, or nothing.
    Result<std::optional<LoggedModel>> find_model_of_run(store::Tx& tx, const std::string& run_id,
                                                         const std::string& name) const;
    Result<Page<LoggedModel>> search_logged_models(store::Tx& tx,
                                                   const LoggedModelQuery& query) const;
    Result<LoggedModel> finalize_logged_model(store::Tx& tx, const std::string& model_id,
                                              ModelStatus status) const;
    Status delete_logged_model(store::Tx& tx, const std::string& model_id) const;
    Status log_model_params(store::Tx& tx, const std::string& model_id,
                            const std::vector<Param>& params) const;
    Status set_model_tags(store::Tx& tx, const std::string& model_id,
                          const std::vector<Tag>& tags) const;
    Status delete_model_tag(store::Tx& tx, const std::string& model_id,
                            const std::string& key) const;

    // "runs:/<id>/path" and "models:/m-..." as the location where the bytes lie; any other location
    // as it is. A runs:/ location also finds the logged model of that name.
    Result<std::string> storage_uri(store::Tx& tx, const std::string& uri) const;

  private:
    Result<Experiment> need_experiment(store::Tx& tx, int64_t id) const;
    // Its id, or nothing when the name is taken.
    Result<std::optional<int64_t>> add_experiment(store::Tx& tx, Experiment experiment,
                                                  const std::string& chosen_id) const;
    // Without its tags.
    Result<Experiment> need_active_experiment(store::Tx& tx, int64_t id) const;
    Result<RunState> need_run(store::Tx& tx, const std::string& run_id) const;
    // For an id that was chosen elsewhere.
    Status check_free(store::Tx& tx, const std::string& run_id) const;
    Result<RunState> need_active_run(store::Tx& tx, const std::string& run_id) const;
    // A new id, or the one that was chosen elsewhere.
    Result<std::string> id_for(store::Tx& tx, const Chosen& chosen) const;
    Result<ModelRow> need_model(store::Tx& tx, const std::string& model_id) const;

    enum class Words : uint8_t { of_one, of_batch };  // MLflow's differ
    Status write_params(store::Tx& tx, const RunState& run, const std::string& run_id,
                        const std::vector<Param>& params, Words words) const;
    Status write_metrics(store::Tx& tx, const RunState& run, const std::string& run_id,
                         const std::vector<Metric>& metrics) const;
    Status write_tags(store::Tx& tx, const RunState& run, const std::vector<Tag>& tags) const;
    Status write_model_params(store::Tx& tx, const ModelRow& row,
                              const std::vector<Param>& params) const;

    Parts parts_;
};

}  // namespace rondo::tracking
