// Logged models: what newer clients make of every model they log.
#pragma once

#include "api/mlflow/wire.h"
#include "domain/tracking/service.h"
#include "platform/store/database.h"

namespace rondo::api::mlflow {

struct CreateLoggedModel {
    std::string experiment_id, name, model_type, source_run_id;
    std::vector<Param> params;
    std::vector<Tag> tags;
    static constexpr auto fields = std::tuple{
        field("experiment_id", &CreateLoggedModel::experiment_id, "Experiment", required),
        field("name", &CreateLoggedModel::name, "A random one when absent"),
        field("model_type", &CreateLoggedModel::model_type, "Kind of model"),
        field("source_run_id", &CreateLoggedModel::source_run_id, "Run that makes it"),
        field("params", &CreateLoggedModel::params, "Params"),
        field("tags", &CreateLoggedModel::tags, "Tags")};
};
struct LoggedModelAnswer {
    LoggedModelMessage model;
    static constexpr auto fields =
        std::tuple{field("model", &LoggedModelAnswer::model, "The model")};
};
struct LoggedModelRef {
    std::string model_id;
    static constexpr auto fields = std::tuple{field("model_id", &LoggedModelRef::model_id, "Id")};
};
struct GetLoggedModel {
    std::string model_id;
    bool allow_deleted = false;
    static constexpr auto fields =
        std::tuple{field("model_id", &GetLoggedModel::model_id, "Id"),
                   field("allow_deleted", &GetLoggedModel::allow_deleted, "Also a deleted one")};
};
struct FinalizeLoggedModel {
    std::string model_id;
    std::optional<tracking::ModelStatus> status;
    static constexpr auto fields =
        std::tuple{field("model_id", &FinalizeLoggedModel::model_id, "Id"),
                   field("status", &FinalizeLoggedModel::status, "Ready or failed", required)};
};
struct SearchLoggedModels {
    std::vector<std::string> experiment_ids;
    std::string filter;
    std::vector<tracking::DatasetFilter> datasets;
    int32_t max_results = 0;
    std::vector<tracking::ModelOrder> order_by;
    std::string page_token;
    static constexpr auto fields = std::tuple{
        field("experiment_ids", &SearchLoggedModels::experiment_ids, "Experiments to search",
              required),
        field("filter", &SearchLoggedModels::filter, "Comparisons joined by AND"),
        field("datasets", &SearchLoggedModels::datasets, "Datasets whose metrics count"),
        field("max_results", &SearchLoggedModels::max_results, "At most 100, 50 when absent"),
        field("order_by", &SearchLoggedModels::order_by, "Attributes or metrics"),
        field("page_token", &SearchLoggedModels::page_token, "From the page before")};
};
struct FoundLoggedModels {
    std::vector<LoggedModelMessage> models;
    std::optional<std::string> next_page_token;
    static constexpr auto fields = std::tuple{
        field("models", &FoundLoggedModels::models, "This page"),
        field("next_page_token", &FoundLoggedModels::next_page_token, "For the next one")};
};
struct LogModelParams {
    std::string model_id;
    std::vector<Param> params;
    static constexpr auto fields =
        std::tuple{field("model_id", &LogModelParams::model_id, "Id"),
                   field("params", &LogModelParams::params, "Params; they never change")};
};
struct SetLoggedModelTags {
    std::string model_id;
    std::vector<Tag> tags;
    static constexpr auto fields =
        std::tuple{field("model_id", &SetLoggedModelTags::model_id, "Id"),
                   field("tags", &SetLoggedModelTags::tags, "Tags")};
};
struct LoggedModelTag {
    std::string model_id, tag_key;
    static constexpr auto fields = std::tuple{field("model_id", &LoggedModelTag::model_id, "Id"),
                                              field("tag_key", &LoggedModelTag::tag_key, "Tag")};
};

class LoggedModelsApi {
  public:
    LoggedModelsApi(store::Database& db, const tracking::Service& tracking)
        : db_(db), tracking_(tracking) {}

    std::vector<rpc::Row> rows();

    Task<Result<LoggedModelAnswer>> create(CreateLoggedModel message, rpc::Context);
    Task<Result<LoggedModelAnswer>> get(GetLoggedModel message, rpc::Context);
    Task<Result<LoggedModelAnswer>> finalize(FinalizeLoggedModel message, rpc::Context);
    Task<Result<None>> remove(LoggedModelRef message, rpc::Context);
    Task<Result<FoundLoggedModels>> search(SearchLoggedModels message, rpc::Context);
    Task<Result<None>> log_params(LogModelParams message, rpc::Context);
    Task<Result<None>> set_tags(SetLoggedModelTags message, rpc::Context);
    Task<Result<None>> delete_tag(LoggedModelTag message, rpc::Context);

  private:
    store::Database& db_;
    const tracking::Service& tracking_;
};

}  // namespace rondo::api::mlflow
