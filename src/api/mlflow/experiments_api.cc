#include "api/mlflow/experiments_api.h"

#include "domain/tracking/objects.h"
#include "domain/tracking/validation.h"
#include "platform/auth/accounts.h"

namespace rondo::api::mlflow {
namespace {

using store::Durability;
using tracking::parse_experiment_id;

constexpr size_t kMaxDatasetExperiments = 20;  // of one search for datasets

// A location within another experiment's would lead to its artifacts.
constexpr rpc::ObjectField kLocation[]{{"artifact_uri", "artifact_location", rpc::Reach::write}};
constexpr rpc::Permission kCreate{"experiment.create", rpc::Reach::create, "", "", kLocation};
constexpr rpc::Permission kRead{"experiment.read", rpc::Reach::read, "experiment", "experiment_id"};
constexpr rpc::Permission kReadByName{"experiment.read", rpc::Reach::read, "experiment_name",
                                      "experiment_name"};
constexpr rpc::Permission kSearch{"experiment.read", rpc::Reach::search, "", ""};
constexpr rpc::Permission kWrite{"experiment.write", rpc::Reach::write, "experiment",
                                 "experiment_id"};
constexpr rpc::Permission kManage{"experiment.delete", rpc::Reach::manage, "experiment",
                                  "experiment_id"};

}  // namespace

std::vector<rpc::Row> ExperimentsApi::rows() {
    using Api = ExperimentsApi;
    const std::string base = "/api/2.0/mlflow/experiments/";
    return {
        rpc::post<&Api::create>(base + "create", kCreate, "Create an experiment"),
        rpc::get<&Api::get>(base + "get", kRead, "An experiment by its id"),
        rpc::get<&Api::get_by_name>(base + "get-by-name", kReadByName,
                                    "An experiment by its name, also a deleted one"),
        rpc::post<&Api::search>(base + "search", kSearch, "Experiments that match a filter"),
        rpc::get<&Api::search>(base + "search", kSearch, "Experiments that match a filter"),
        rpc::post<&Api::update>(base + "update", kWrite, "Rename an experiment"),
        rpc::post<&Api::remove>(base + "delete", kManage, "Delete an experiment with its runs"),
        rpc::post<&Api::restore>(base + "restore", kManage, "Restore it with all its runs"),
        rpc::post<&Api::set_tag>(base + "set-experiment-tag", kWrite, "Set a tag"),
        rpc::post<&Api::delete_tag>(base + "delete-experiment-tag", kWrite, "Delete a tag"),
        rpc::post<&Api::search_datasets>(base + "search-datasets", kSearch,
                                         "Datasets that runs of experiments have used"),
    };
}

Task<Result<CreatedExperiment>> ExperimentsApi::create(CreateExperiment message,
                                                       rpc::Context context) {
    tracking::NewExperiment wanted{std::move(message.name), std::move(message.artifact_location),
                                   std::move(message.tags), chosen_for(*context.request)};
    co_return co_await db_.write(
        Durability::full,
        [this, wanted = std::move(wanted),
         caller = context.request->caller](store::Tx& tx) -> Result<CreatedExperiment> {
            TRY_ASSIGN(const int64_t id, tracking_.create_experiment(tx, wanted));
            TRY(auth::own(tx, caller.get(), {std::string(tracking::kExperimentKind), id}));
            return CreatedExperiment{std::to_string(id)};
        });
}

Task<Result<ExperimentAnswer>> ExperimentsApi::get(ExperimentRef message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t id, parse_experiment_id(message.experiment_id));
    co_return co_await db_.read([this, id](store::Tx& tx) -> Result<ExperimentAnswer> {
        TRY_ASSIGN(auto experiment, tracking_.get_experiment(tx, id));
        return ExperimentAnswer{to_message(std::move(experiment))};
    });
}

Task<Result<ExperimentAnswer>> ExperimentsApi::get_by_name(ExperimentByName message, rpc::Context) {
    co_return co_await db_.read([this, name = std::move(message.experiment_name)](
                                    store::Tx& tx) -> Result<ExperimentAnswer> {
        TRY_ASSIGN(auto experiment, tracking_.get_experiment(tx, name));
        return ExperimentAnswer{to_message(std::move(experiment))};
    });
}

Task<Result<FoundExperiments>> ExperimentsApi::search(SearchExperiments message,
                                                      rpc::Context context) {
    tracking::ExperimentQuery query{
        message.filter,      message.order_by,   message.view_type,
        message.max_results, message.page_token, auth::readable_by(context.request->caller.get())};
    co_return co_await db_.read(
        [this, query = std::move(query)](store::Tx& tx) -> Result<FoundExperiments> {
            TRY_ASSIGN(auto page, tracking_.search_experiments(tx, query));
            FoundExperiments found;
            for (auto& item : page.items) found.experiments.push_back(to_message(std::move(item)));
            found.next_page_token = if_any(std::move(page.next_token));
            return found;
        });
}

Task<Result<None>> ExperimentsApi::update(UpdateExperiment message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t id, parse_experiment_id(message.experiment_id));
    CO_TRY(co_await db_.write(Durability::full,
                              [this, id, name = std::move(message.new_name)](store::Tx& tx) {
                                  return tracking_.rename_experiment(tx, id, name);
                              }));
    co_return None{};
}

Task<Result<None>> ExperimentsApi::remove(ExperimentRef message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t id, parse_experiment_id(message.experiment_id));
    CO_TRY(co_await db_.write(Durability::full, [this, id](store::Tx& tx) {
        return tracking_.delete_experiment(tx, id);
    }));
    co_return None{};
}

Task<Result<None>> ExperimentsApi::restore(ExperimentRef message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t id, parse_experiment_id(message.experiment_id));
    CO_TRY(co_await db_.write(Durability::full, [this, id](store::Tx& tx) {
        return tracking_.restore_experiment(tx, id);
    }));
    co_return None{};
}

Task<Result<None>> ExperimentsApi::set_tag(SetExperimentTag message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t id, parse_experiment_id(message.experiment_id));
    Tag tag{std::move(message.key), std::move(message.value)};
    CO_TRY(co_await db_.write(Durability::full, [this, id, tag](store::Tx& tx) {
        return tracking_.set_experiment_tag(tx, id, tag);
    }));
    co_return None{};
}

Task<Result<None>> ExperimentsApi::delete_tag(DeleteExperimentTag message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t id, parse_experiment_id(message.experiment_id));
    CO_TRY(co_await db_.write(Durability::full,
                              [this, id, key = std::move(message.key)](store::Tx& tx) {
                                  return tracking_.delete_experiment_tag(tx, id, key);
                              }));
    co_return None{};
}

Task<Result<FoundDatasets>> ExperimentsApi::search_datasets(SearchDatasets message,
                                                            rpc::Context context) {
    const size_t count = message.experiment_ids.size();
    if (count == 0)
        co_return fail(Code::invalid,
                       "SearchDatasets request must specify at least one experiment_id.",
                       "experiment_ids");
    if (count > kMaxDatasetExperiments)
        co_return fail(Code::invalid,
                       "SearchDatasets request cannot specify more than " +
                           std::to_string(kMaxDatasetExperiments) + " experiment_ids. Received " +
                           std::to_string(count) + " experiment_ids.",
                       "experiment_ids");
    CO_TRY_ASSIGN(auto ids, tracking::parse_experiment_ids(message.experiment_ids));
    co_return co_await db_.read(
        [this, ids = std::move(ids), readable = auth::readable_by(context.request->caller.get())](
            store::Tx& tx) -> Result<FoundDatasets> {
            TRY_ASSIGN(auto found, tracking_.search_datasets(tx, ids, readable));
            return FoundDatasets{std::move(found)};
        });
}

}  // namespace rondo::api::mlflow
