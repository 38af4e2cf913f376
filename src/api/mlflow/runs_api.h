// Runs and what is logged to them, and the history of their metrics.
#pragma once

#include "api/mlflow/wire.h"
#include "domain/tracking/service.h"
#include "platform/store/database.h"

namespace rondo::api::mlflow {

struct CreateRun {
    std::string experiment_id, user_id, run_name;
    int64_t start_time = 0;
    std::vector<Tag> tags;
    static constexpr auto fields = std::tuple{
        field("experiment_id", &CreateRun::experiment_id, "The default experiment when absent"),
        field("user_id", &CreateRun::user_id, "Who starts it"),
        field("run_name", &CreateRun::run_name, "A random one when absent"),
        field("start_time", &CreateRun::start_time, "ms since 1970"),
        field("tags", &CreateRun::tags, "Tags")};
};
struct RunAnswer {
    RunMessage run;
    static constexpr auto fields = std::tuple{field("run", &RunAnswer::run, "The run")};
};
struct RunRef {
    std::string run_id, run_uuid;
    static constexpr auto fields =
        std::tuple{field("run_id", &RunRef::run_id, "Id"),
                   field("run_uuid", &RunRef::run_uuid, "The same, by its older name")};
};
struct UpdateRun {
    std::string run_id, run_uuid;
    std::optional<tracking::RunStatus> status;
    std::optional<int64_t> end_time;
    std::optional<std::string> run_name;
    static constexpr auto fields =
        std::tuple{field("run_id", &UpdateRun::run_id, "Id"),
                   field("run_uuid", &UpdateRun::run_uuid, "The same, by its older name"),
                   field("status", &UpdateRun::status, "State from now on"),
                   field("end_time", &UpdateRun::end_time, "ms since 1970"),
                   field("run_name", &UpdateRun::run_name, "Name from now on")};
};
struct RunInfoAnswer {
    RunInfo run_info;
    static constexpr auto fields =
        std::tuple{field("run_info", &RunInfoAnswer::run_info, "The run without its data")};
};
struct SearchRuns {
    std::vector<std::string> experiment_ids;
    std::string filter;
    tracking::View run_view_type = tracking::View::active_only;
    int32_t max_results = 1000;
    std::vector<std::string> order_by;
    std::string page_token;
    static constexpr auto fields =
        std::tuple{field("experiment_ids", &SearchRuns::experiment_ids, "Experiments to search"),
                   field("filter", &SearchRuns::filter, "Comparisons joined by AND"),
                   field("run_view_type", &SearchRuns::run_view_type, "Active, deleted or all"),
                   field("max_results", &SearchRuns::max_results, "1 to 50000, 1000 when absent"),
                   field("order_by", &SearchRuns::order_by, "Such as metrics.loss ASC"),
                   field("page_token", &SearchRuns::page_token, "From the page before")};
};
struct FoundRuns {
    std::vector<RunMessage> runs;
    std::optional<std::string> next_page_token;
    static constexpr auto fields =
        std::tuple{field("runs", &FoundRuns::runs, "This page"),
                   field("next_page_token", &FoundRuns::next_page_token, "For the next one")};
};

struct LogMetric {
    std::string run_id, run_uuid, key;
    double value = 0;
    int64_t timestamp = 0, step = 0;
    std::optional<std::string> model_id, dataset_name, dataset_digest;
    static constexpr auto fields = std::tuple{
        field("run_id", &LogMetric::run_id, "Run to log to"),
        field("run_uuid", &LogMetric::run_uuid, "The same, by its older name"),
        field("key", &LogMetric::key, "Name of the metric", required),
        field("value", &LogMetric::value, "Value; NaN and infinities as strings", required),
        field("timestamp", &LogMetric::timestamp, "ms since 1970", required),
        field("step", &LogMetric::step, "Training step"),
        field("model_id", &LogMetric::model_id, "Logged model it also belongs to"),
        field("dataset_name", &LogMetric::dataset_name, "Dataset it was measured on"),
        field("dataset_digest", &LogMetric::dataset_digest, "Digest of that dataset")};
};
// A param or a tag.
struct LogKeyValue {
    std::string run_id, run_uuid, key, value;
    static constexpr auto fields =
        std::tuple{field("run_id", &LogKeyValue::run_id, "Run to log to"),
                   field("run_uuid", &LogKeyValue::run_uuid, "The same, by its older name"),
                   field("key", &LogKeyValue::key, "Name", required),
                   field("value", &LogKeyValue::value, "Value")};
};
struct DeleteTag {
    std::string run_id, run_uuid, key;
    static constexpr auto fields =
        std::tuple{field("run_id", &DeleteTag::run_id, "Run"),
                   field("run_uuid", &DeleteTag::run_uuid, "The same, by its older name"),
                   field("key", &DeleteTag::key, "Tag", required)};
};
struct LogBatch {
    std::string run_id, run_uuid;
    std::vector<Metric> metrics;
    std::vector<Param> params;
    std::vector<Tag> tags;
    static constexpr auto fields =
        std::tuple{field("run_id", &LogBatch::run_id, "Run to log to"),
                   field("run_uuid", &LogBatch::run_uuid, "The same, by its older name"),
                   field("metrics", &LogBatch::metrics, "At most 1000"),
                   field("params", &LogBatch::params, "At most 100"),
                   field("tags", &LogBatch::tags, "At most 100")};
};
struct LogModel {
    std::string run_id, run_uuid, model_json;
    static constexpr auto fields =
        std::tuple{field("run_id", &LogModel::run_id, "Run to log to"),
                   field("run_uuid", &LogModel::run_uuid, "The same, by its older name"),
                   field("model_json", &LogModel::model_json, "Its description as JSON", required)};
};
struct LogInputs {
    std::string run_id, run_uuid;
    std::vector<tracking::DatasetInput> datasets;
    std::vector<tracking::ModelInput> models;
    static constexpr auto fields =
        std::tuple{field("run_id", &LogInputs::run_id, "Run to log to"),
                   field("run_uuid", &LogInputs::run_uuid, "The same, by its older name"),
                   field("datasets", &LogInputs::datasets, "Datasets it reads"),
                   field("models", &LogInputs::models, "Logged models it reads")};
};
struct LogOutputs {
    std::string run_id, run_uuid;
    std::vector<tracking::ModelOutput> models;
    static constexpr auto fields =
        std::tuple{field("run_id", &LogOutputs::run_id, "Run to log to"),
                   field("run_uuid", &LogOutputs::run_uuid, "The same, by its older name"),
                   field("models", &LogOutputs::models, "Logged models it makes", required)};
};

struct GetHistory {
    std::string run_id, run_uuid, metric_key, page_token;
    std::optional<int32_t> max_results;
    static constexpr auto fields = std::tuple{
        field("run_id", &GetHistory::run_id, "Run"),
        field("run_uuid", &GetHistory::run_uuid, "The same, by its older name"),
        field("metric_key", &GetHistory::metric_key, "Name of the metric", required),
        field("page_token", &GetHistory::page_token, "From the page before"),
        field("max_results", &GetHistory::max_results, "25000 when absent, and at most")};
};
struct HistoryAnswer {
    std::vector<Metric> metrics;
    std::optional<std::string> next_page_token;
    static constexpr auto fields =
        std::tuple{field("metrics", &HistoryAnswer::metrics, "This page"),
                   field("next_page_token", &HistoryAnswer::next_page_token, "For the next one")};
};
struct GetBulkHistory {
    std::vector<std::string> run_id;
    std::string metric_key;
    int64_t max_results = tracking::kMaxHistoryPage;
    static constexpr auto fields =
        std::tuple{field("run_id", &GetBulkHistory::run_id, "At most 100 runs"),
                   field("metric_key", &GetBulkHistory::metric_key, "Name of the metric"),
                   field("max_results", &GetBulkHistory::max_results, "Of all runs together")};
};
struct GetSampledHistory {
    std::vector<std::string> run_ids;
    std::string metric_key;
    std::optional<int32_t> start_step, end_step;
    int32_t max_results = tracking::kMaxSampledPoints;
    static constexpr auto fields = std::tuple{
        field("run_ids", &GetSampledHistory::run_ids, "At most 100 runs"),
        field("metric_key", &GetSampledHistory::metric_key, "Name of the metric", required),
        field("start_step", &GetSampledHistory::start_step, "First step"),
        field("end_step", &GetSampledHistory::end_step, "Last step"),
        field("max_results", &GetSampledHistory::max_results, "Of each run, at most 2500")};
};

class RunsApi {
  public:
    RunsApi(store::Database& db, const tracking::Service& tracking)
        : db_(db), tracking_(tracking) {}

    std::vector<rpc::Row> rows();

    Task<Result<RunAnswer>> create(CreateRun message, rpc::Context);
    Task<Result<RunAnswer>> get(RunRef message, rpc::Context);
    Task<Result<FoundRuns>> search(SearchRuns message, rpc::Context);
    Task<Result<RunInfoAnswer>> update(UpdateRun message, rpc::Context);
    Task<Result<None>> remove(RunRef message, rpc::Context);
    Task<Result<None>> restore(RunRef message, rpc::Context);

    Task<Result<None>> log_metric(LogMetric message, rpc::Context);
    Task<Result<None>> log_param(LogKeyValue message, rpc::Context);
    Task<Result<None>> set_tag(LogKeyValue message, rpc::Context);
    Task<Result<None>> delete_tag(DeleteTag message, rpc::Context);
    Task<Result<None>> log_batch(LogBatch message, rpc::Context);
    Task<Result<None>> log_model(LogModel message, rpc::Context);
    Task<Result<None>> log_inputs(LogInputs message, rpc::Context);
    Task<Result<None>> log_outputs(LogOutputs message, rpc::Context);

    Task<Result<HistoryAnswer>> history(GetHistory message, rpc::Context);
    Task<Result<HistoryAnswer>> bulk_history(GetBulkHistory message, rpc::Context);
    Task<Result<HistoryAnswer>> sampled_history(GetSampledHistory message, rpc::Context);

  private:
    store::Database& db_;
    const tracking::Service& tracking_;
};

}  // namespace rondo::api::mlflow
