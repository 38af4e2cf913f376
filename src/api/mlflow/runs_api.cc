#include "api/mlflow/runs_api.h"

#include "domain/tracking/validation.h"

namespace rondo::api::mlflow {
namespace {

using store::Durability;

// A full batch with long keys and values; a thousand points are a tenth of it.
constexpr size_t kMaxBatchBytes = 4 << 20;

constexpr rpc::Permission kCreate{"run.create", rpc::Reach::write, "experiment", "experiment_id"};
constexpr rpc::Permission kRead{"run.read", rpc::Reach::read, "run", "run_id run_uuid"};
constexpr rpc::Permission kSearch{"run.read", rpc::Reach::search, "experiment", "experiment_ids"};
constexpr rpc::Permission kReadMany{"run.read", rpc::Reach::read, "run", "run_ids"};
constexpr rpc::Permission kWrite{"run.write", rpc::Reach::write, "run", "run_id run_uuid"};
constexpr rpc::Permission kReadBulk{"run.read", rpc::Reach::read, "run", "run_id"};
constexpr rpc::Permission kManage{"run.delete", rpc::Reach::manage, "run", "run_id run_uuid"};
// A point may also be one of a logged model, which may be another experiment's.
constexpr rpc::ObjectField kModel[]{{"logged_model", "model_id", rpc::Reach::write}};
constexpr rpc::ObjectField kModels[]{{"logged_model", "metrics.model_id", rpc::Reach::write}};
constexpr rpc::Permission kLogMetric{"run.write", rpc::Reach::write, "run", "run_id run_uuid",
                                     kModel};
constexpr rpc::Permission kLogBatch{"run.write", rpc::Reach::write, "run", "run_id run_uuid",
                                    kModels};

}  // namespace

std::vector<rpc::Row> RunsApi::rows() {
    using Api = RunsApi;
    const std::string runs = "/api/2.0/mlflow/runs/";
    const std::string metrics = "/api/2.0/mlflow/metrics/";
    return {
        rpc::post<&Api::create>(runs + "create", kCreate, "Start a run"),
        rpc::get<&Api::get>(runs + "get", kRead, "A run with all that was logged to it"),
        rpc::post<&Api::search>(runs + "search", kSearch, "Runs that match a filter"),
        rpc::post<&Api::update>(runs + "update", kWrite, "Change state, end or name of a run"),
        rpc::post<&Api::remove>(runs + "delete", kManage, "Delete a run"),
        rpc::post<&Api::restore>(runs + "restore", kManage, "Restore a deleted run"),
        rpc::post<&Api::log_metric>(runs + "log-metric", kLogMetric, "Log one point of a metric"),
        rpc::post<&Api::log_param>(runs + "log-parameter", kWrite, "Log a param"),
        rpc::post<&Api::set_tag>(runs + "set-tag", kWrite, "Set a tag"),
        rpc::post<&Api::delete_tag>(runs + "delete-tag", kWrite, "Delete a tag"),
        rpc::post<&Api::log_batch>(runs + "log-batch", kLogBatch,
                                   "Log metrics, params and tags, all or nothing")
            .takes(rpc::BodyKind::json, kMaxBatchBytes),
        rpc::post<&Api::log_model>(runs + "log-model", kWrite, "Note a model in the run's tag"),
        rpc::post<&Api::log_inputs>(runs + "log-inputs", kWrite, "Log what a run reads"),
        rpc::post<&Api::log_outputs>(runs + "outputs", kWrite, "Log the models a run makes"),
        rpc::get<&Api::history>(metrics + "get-history", kRead, "All points of a metric"),
        rpc::get<&Api::bulk_history>(metrics + "get-history-bulk", kReadBulk,
                                     "All points of a metric of several runs"),
        rpc::get<&Api::sampled_history>(metrics + "get-history-bulk-interval", kReadMany,
                                        "Sampled points of a metric of several runs"),
    };
}

Task<Result<RunAnswer>> RunsApi::create(CreateRun message, rpc::Context context) {
    tracking::NewRun wanted{.name = std::move(message.run_name),
                            .user_id = std::move(message.user_id),
                            .start_ms = message.start_time,
                            .tags = std::move(message.tags),
                            .chosen = chosen_for(*context.request)};
    if (!message.experiment_id.empty()) {
        CO_TRY_ASSIGN(wanted.experiment_id, tracking::parse_experiment_id(message.experiment_id));
    }
    co_return co_await db_.write(
        Durability::full, [this, wanted = std::move(wanted)](store::Tx& tx) -> Result<RunAnswer> {
            TRY_ASSIGN(tracking::Run run, tracking_.create_run(tx, wanted));
            RunAnswer answer{to_message(std::move(run))};
            answer.run.outputs.reset();  // a new run has none to tell
            return answer;
        });
}

Task<Result<RunAnswer>> RunsApi::get(RunRef message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    co_return co_await db_.read([this, run_id](store::Tx& tx) -> Result<RunAnswer> {
        TRY_ASSIGN(tracking::Run run, tracking_.get_run(tx, run_id));
        return RunAnswer{to_message(std::move(run))};
    });
}

Task<Result<FoundRuns>> RunsApi::search(SearchRuns message, rpc::Context context) {
    tracking::RunQuery query{.filter = std::move(message.filter),
                             .order_by = std::move(message.order_by),
                             .view = message.run_view_type,
                             .max_results = message.max_results,
                             .page_token = std::move(message.page_token),
                             .readable = auth::readable_by(context.request->caller.get())};
    CO_TRY_ASSIGN(query.experiment_ids, tracking::parse_experiment_ids(message.experiment_ids));
    co_return co_await db_.read(
        [this, query = std::move(query)](store::Tx& tx) -> Result<FoundRuns> {
            TRY_ASSIGN(auto page, tracking_.search_runs(tx, query));
            FoundRuns found;
            found.runs.reserve(page.items.size());
            for (auto& run : page.items) found.runs.push_back(to_message(std::move(run)));
            found.next_page_token = if_any(std::move(page.next_token));
            return found;
        });
}

Task<Result<RunInfoAnswer>> RunsApi::update(UpdateRun message, rpc::Context) {
    tracking::RunUpdate update{
        .status = message.status, .end_ms = message.end_time, .name = std::move(message.run_name)};
    CO_TRY_ASSIGN(update.run_id, run_of(message));
    co_return co_await db_.write(
        Durability::full,
        [this, update = std::move(update)](store::Tx& tx) -> Result<RunInfoAnswer> {
            TRY_ASSIGN(const tracking::Run run, tracking_.update_run(tx, update));
            return RunInfoAnswer{to_info(run)};
        });
}

Task<Result<None>> RunsApi::remove(RunRef message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    CO_TRY(co_await db_.write(Durability::full, [this, run_id](store::Tx& tx) {
        return tracking_.delete_run(tx, run_id);
    }));
    co_return None{};
}

Task<Result<None>> RunsApi::restore(RunRef message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    CO_TRY(co_await db_.write(Durability::full, [this, run_id](store::Tx& tx) {
        return tracking_.restore_run(tx, run_id);
    }));
    co_return None{};
}

Task<Result<None>> RunsApi::log_metric(LogMetric message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    Metric metric{.key = std::move(message.key),
                  .value = message.value,
                  .timestamp = message.timestamp,
                  .step = message.step,
                  .dataset_name = std::move(message.dataset_name),
                  .dataset_digest = std::move(message.dataset_digest),
                  .model_id = std::move(message.model_id)};
    CO_TRY(co_await db_.write(Durability::normal,
                              [this, run_id, metric = std::move(metric)](store::Tx& tx) {
                                  return tracking_.log_metric(tx, run_id, metric);
                              }));
    co_return None{};
}

Task<Result<None>> RunsApi::log_param(LogKeyValue message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    Param param{std::move(message.key), std::move(message.value)};
    CO_TRY(co_await db_.write(Durability::full, [this, run_id, param](store::Tx& tx) {
        return tracking_.log_param(tx, run_id, param);
    }));
    co_return None{};
}

Task<Result<None>> RunsApi::set_tag(LogKeyValue message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    Tag tag{std::move(message.key), std::move(message.value)};
    CO_TRY(co_await db_.write(Durability::full, [this, run_id, tag](store::Tx& tx) {
        return tracking_.set_tag(tx, run_id, tag);
    }));
    co_return None{};
}

Task<Result<None>> RunsApi::delete_tag(DeleteTag message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    CO_TRY(co_await db_.write(Durability::full,
                              [this, run_id, key = std::move(message.key)](store::Tx& tx) {
                                  return tracking_.delete_tag(tx, run_id, key);
                              }));
    co_return None{};
}

Task<Result<None>> RunsApi::log_batch(LogBatch message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    tracking::Batch batch{std::move(message.metrics), std::move(message.params),
                          std::move(message.tags)};
    // Points may be lost with the power; what describes the run may not.
    const bool only_points = batch.params.empty() && batch.tags.empty();
    CO_TRY(co_await db_.write(only_points ? Durability::normal : Durability::full,
                              [this, run_id, batch = std::move(batch)](store::Tx& tx) {
                                  return tracking_.log_batch(tx, run_id, batch);
                              }));
    co_return None{};
}

Task<Result<None>> RunsApi::log_model(LogModel message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    CO_TRY(co_await db_.write(Durability::full,
                              [this, run_id, model = std::move(message.model_json)](store::Tx& tx) {
                                  return tracking_.record_model(tx, run_id, model);
                              }));
    co_return None{};
}

Task<Result<None>> RunsApi::log_inputs(LogInputs message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    CO_TRY(co_await db_.write(
        Durability::full, [this, run_id, message = std::move(message)](store::Tx& tx) {
            return tracking_.log_inputs(tx, run_id, message.datasets, message.models);
        }));
    co_return None{};
}

Task<Result<None>> RunsApi::log_outputs(LogOutputs message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    CO_TRY(co_await db_.write(Durability::full,
                              [this, run_id, models = std::move(message.models)](store::Tx& tx) {
                                  return tracking_.log_outputs(tx, run_id, models);
                              }));
    co_return None{};
}

Task<Result<HistoryAnswer>> RunsApi::history(GetHistory message, rpc::Context) {
    CO_TRY_ASSIGN(const std::string run_id, run_of(message));
    tracking::HistoryQuery query{run_id, std::move(message.metric_key), message.max_results,
                                 std::move(message.page_token)};
    co_return co_await db_.read(
        [this, query = std::move(query)](store::Tx& tx) -> Result<HistoryAnswer> {
            TRY_ASSIGN(auto page, tracking_.metric_history(tx, query));
            return HistoryAnswer{std::move(page.items), if_any(std::move(page.next_token))};
        });
}

Task<Result<HistoryAnswer>> RunsApi::bulk_history(GetBulkHistory message, rpc::Context) {
    const size_t count = message.run_id.size();
    if (count == 0)
        co_return fail(Code::invalid,
                       "GetMetricHistoryBulk request must specify at least one run_id.", "run_id");
    if (count > tracking::kMaxRunsPerHistory)
        co_return fail(Code::invalid,
                       "GetMetricHistoryBulk request cannot specify more than " +
                           std::to_string(tracking::kMaxRunsPerHistory) + " run_ids. Received " +
                           std::to_string(count) + " run_ids.",
                       "run_id");
    if (message.metric_key.empty())
        co_return fail(Code::invalid, "GetMetricHistoryBulk request must specify a metric_key.",
                       "metric_key");
    tracking::BulkHistoryQuery query{
        .run_ids = std::move(message.run_id),
        .key = std::move(message.metric_key),
        .max_results = std::min(message.max_results, tracking::kMaxHistoryPage)};
    co_return co_await db_.read(
        [this, query = std::move(query)](store::Tx& tx) -> Result<HistoryAnswer> {
            TRY_ASSIGN(auto found, tracking_.bulk_history(tx, query));
            return HistoryAnswer{std::move(found), {}};
        });
}

Task<Result<HistoryAnswer>> RunsApi::sampled_history(GetSampledHistory message, rpc::Context) {
    if (message.run_ids.empty()) co_return std::unexpected(tracking::missing_value("run_ids"));
    if (message.metric_key.empty())
        co_return std::unexpected(tracking::missing_value("metric_key"));
    if (message.run_ids.size() > tracking::kMaxRunsPerHistory)
        co_return fail(Code::invalid,
                       "GetMetricHistoryBulkInterval request must specify at most " +
                           std::to_string(tracking::kMaxRunsPerHistory) + " run_ids. Received " +
                           std::to_string(message.run_ids.size()) + " run_ids.",
                       "run_ids");
    tracking::BulkHistoryQuery query{.run_ids = std::move(message.run_ids),
                                     .key = std::move(message.metric_key),
                                     .max_results = message.max_results,
                                     .start_step = message.start_step,
                                     .end_step = message.end_step};
    co_return co_await db_.read(
        [this, query = std::move(query)](store::Tx& tx) -> Result<HistoryAnswer> {
            TRY_ASSIGN(auto found, tracking_.sampled_history(tx, query));
            return HistoryAnswer{std::move(found), {}};
        });
}

}  // namespace rondo::api::mlflow
