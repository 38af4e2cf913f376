// Experiments: create, find, rename, delete, restore, tag.
#pragma once

#include "api/mlflow/wire.h"
#include "domain/tracking/service.h"
#include "platform/store/database.h"

namespace rondo::api::mlflow {

struct CreateExperiment {
    std::string name, artifact_location;
    std::vector<Tag> tags;
    static constexpr auto fields = std::tuple{
        field("name", &CreateExperiment::name, "Name, not taken", required),
        field("artifact_location", &CreateExperiment::artifact_location, "Where artifacts go"),
        field("tags", &CreateExperiment::tags, "Tags")};
};
struct CreatedExperiment {
    std::string experiment_id;
    static constexpr auto fields =
        std::tuple{field("experiment_id", &CreatedExperiment::experiment_id, "Id")};
};
struct ExperimentRef {
    std::string experiment_id;
    static constexpr auto fields =
        std::tuple{field("experiment_id", &ExperimentRef::experiment_id, "Id", required)};
};
struct ExperimentByName {
    std::string experiment_name;
    static constexpr auto fields =
        std::tuple{field("experiment_name", &ExperimentByName::experiment_name, "Name", required)};
};
struct ExperimentAnswer {
    ExperimentMessage experiment;
    static constexpr auto fields =
        std::tuple{field("experiment", &ExperimentAnswer::experiment, "The experiment")};
};
struct SearchExperiments {
    int64_t max_results = 0;
    std::string page_token, filter;
    std::vector<std::string> order_by;
    tracking::View view_type = tracking::View::active_only;
    static constexpr auto fields =
        std::tuple{field("max_results", &SearchExperiments::max_results, "1 to 50000"),
                   field("page_token", &SearchExperiments::page_token, "From the page before"),
                   field("filter", &SearchExperiments::filter, "Comparisons joined by AND"),
                   field("order_by", &SearchExperiments::order_by, "Such as creation_time DESC"),
                   field("view_type", &SearchExperiments::view_type, "Active, deleted or all")};
};
struct FoundExperiments {
    std::vector<ExperimentMessage> experiments;
    std::optional<std::string> next_page_token;
    static constexpr auto fields = std::tuple{
        field("experiments", &FoundExperiments::experiments, "This page"),
        field("next_page_token", &FoundExperiments::next_page_token, "For the next one")};
};
struct UpdateExperiment {
    std::string experiment_id, new_name;
    static constexpr auto fields = std::tuple{
        field("experiment_id", &UpdateExperiment::experiment_id, "Id", required),
        field("new_name", &UpdateExperiment::new_name, "Its name from now on", required)};
};
struct SetExperimentTag {
    std::string experiment_id, key, value;
    static constexpr auto fields =
        std::tuple{field("experiment_id", &SetExperimentTag::experiment_id, "Id", required),
                   field("key", &SetExperimentTag::key, "Tag", required),
                   field("value", &SetExperimentTag::value, "Value")};
};
struct DeleteExperimentTag {
    std::string experiment_id, key;
    static constexpr auto fields =
        std::tuple{field("experiment_id", &DeleteExperimentTag::experiment_id, "Id", required),
                   field("key", &DeleteExperimentTag::key, "Tag", required)};
};
struct SearchDatasets {
    std::vector<std::string> experiment_ids;
    static constexpr auto fields =
        std::tuple{field("experiment_ids", &SearchDatasets::experiment_ids, "At most 20")};
};
struct FoundDatasets {
    std::vector<tracking::DatasetSummary> dataset_summaries;
    static constexpr auto fields = std::tuple{
        field("dataset_summaries", &FoundDatasets::dataset_summaries, "Datasets of their runs")};
};

class ExperimentsApi {
  public:
    ExperimentsApi(store::Database& db, const tracking::Service& tracking)
        : db_(db), tracking_(tracking) {}

    std::vector<rpc::Row> rows();

    Task<Result<CreatedExperiment>> create(CreateExperiment message, rpc::Context);
    Task<Result<ExperimentAnswer>> get(ExperimentRef message, rpc::Context);
    Task<Result<ExperimentAnswer>> get_by_name(ExperimentByName message, rpc::Context);
    Task<Result<FoundExperiments>> search(SearchExperiments message, rpc::Context);
    Task<Result<None>> update(UpdateExperiment message, rpc::Context);
    Task<Result<None>> remove(ExperimentRef message, rpc::Context);
    Task<Result<None>> restore(ExperimentRef message, rpc::Context);
    Task<Result<None>> set_tag(SetExperimentTag message, rpc::Context);
    Task<Result<None>> delete_tag(DeleteExperimentTag message, rpc::Context);
    Task<Result<FoundDatasets>> search_datasets(SearchDatasets message, rpc::Context);

  private:
    store::Database& db_;
    const tracking::Service& tracking_;
};

}  // namespace rondo::api::mlflow
