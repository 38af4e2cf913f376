// Registered models, their versions, stages, aliases and tags.
#pragma once

#include "api/mlflow/wire.h"
#include "domain/registry/service.h"
#include "platform/store/database.h"

namespace rondo::api::mlflow {

struct CreateRegisteredModel {
    std::string name;
    std::vector<Tag> tags;
    std::optional<std::string> description;
    static constexpr auto fields =
        std::tuple{field("name", &CreateRegisteredModel::name, "Name, not taken", required),
                   field("tags", &CreateRegisteredModel::tags, "Tags"),
                   field("description", &CreateRegisteredModel::description, "Description")};
};
struct RegisteredModelAnswer {
    RegisteredModelMessage registered_model;
    static constexpr auto fields = std::tuple{
        field("registered_model", &RegisteredModelAnswer::registered_model, "The model")};
};
struct ModelRef {
    std::string name;
    static constexpr auto fields =
        std::tuple{field("name", &ModelRef::name, "Registered model", required)};
};
struct RenameRegisteredModel {
    std::string name, new_name;
    static constexpr auto fields = std::tuple{
        field("name", &RenameRegisteredModel::name, "Registered model", required),
        field("new_name", &RenameRegisteredModel::new_name, "Its name from now on", required)};
};
struct UpdateRegisteredModel {
    std::string name, description;
    static constexpr auto fields =
        std::tuple{field("name", &UpdateRegisteredModel::name, "Registered model", required),
                   field("description", &UpdateRegisteredModel::description, "Description")};
};
struct SearchRegistered {
    std::string filter, page_token;
    std::optional<int64_t> max_results;
    std::vector<std::string> order_by;
    static constexpr auto fields =
        std::tuple{field("filter", &SearchRegistered::filter, "Comparisons joined by AND"),
                   field("max_results", &SearchRegistered::max_results, "Rows of a page"),
                   field("order_by", &SearchRegistered::order_by, "Such as name ASC"),
                   field("page_token", &SearchRegistered::page_token, "From the page before")};
};
struct FoundModels {
    std::vector<RegisteredModelMessage> registered_models;
    std::optional<std::string> next_page_token;
    static constexpr auto fields =
        std::tuple{field("registered_models", &FoundModels::registered_models, "This page"),
                   field("next_page_token", &FoundModels::next_page_token, "For the next one")};
};
struct GetLatestVersions {
    std::string name;
    std::vector<std::string> stages;
    static constexpr auto fields =
        std::tuple{field("name", &GetLatestVersions::name, "Registered model", required),
                   field("stages", &GetLatestVersions::stages, "All when absent")};
};
struct VersionsAnswer {
    std::vector<ModelVersionMessage> model_versions;
    std::optional<std::string> next_page_token;
    static constexpr auto fields =
        std::tuple{field("model_versions", &VersionsAnswer::model_versions, "This page"),
                   field("next_page_token", &VersionsAnswer::next_page_token, "For the next one")};
};

struct CreateModelVersion {
    std::string name, source, run_id, run_link, model_id;
    std::vector<Tag> tags;
    std::optional<std::string> description;
    static constexpr auto fields =
        std::tuple{field("name", &CreateModelVersion::name, "Registered model", required),
                   field("source", &CreateModelVersion::source, "Where its files are", required),
                   field("run_id", &CreateModelVersion::run_id, "Run that made it"),
                   field("tags", &CreateModelVersion::tags, "Tags"),
                   field("run_link", &CreateModelVersion::run_link, "Link to the run"),
                   field("description", &CreateModelVersion::description, "Description"),
                   field("model_id", &CreateModelVersion::model_id, "Logged model that it is")};
};
struct ModelVersionAnswer {
    ModelVersionMessage model_version;
    static constexpr auto fields =
        std::tuple{field("model_version", &ModelVersionAnswer::model_version, "The version")};
};
struct VersionRef {
    std::string name, version;
    static constexpr auto fields =
        std::tuple{field("name", &VersionRef::name, "Registered model", required),
                   field("version", &VersionRef::version, "Number", required)};
};
struct UpdateModelVersion {
    std::string name, version;
    std::optional<std::string> description;
    static constexpr auto fields =
        std::tuple{field("name", &UpdateModelVersion::name, "Registered model", required),
                   field("version", &UpdateModelVersion::version, "Number", required),
                   field("description", &UpdateModelVersion::description, "Description")};
};
struct TransitionStage {
    std::string name, version, stage;
    bool archive_existing_versions = false;
    static constexpr auto fields = std::tuple{
        field("name", &TransitionStage::name, "Registered model", required),
        field("version", &TransitionStage::version, "Number", required),
        field("stage", &TransitionStage::stage, "None, Staging, Production or Archived", required),
        field("archive_existing_versions", &TransitionStage::archive_existing_versions,
              "Archive the versions that are in that stage now")};
};
struct DownloadUri {
    std::string artifact_uri;
    static constexpr auto fields =
        std::tuple{field("artifact_uri", &DownloadUri::artifact_uri, "Where the files lie")};
};
struct SetModelTag {
    std::string name, key, value;
    static constexpr auto fields =
        std::tuple{field("name", &SetModelTag::name, "Registered model", required),
                   field("key", &SetModelTag::key, "Tag", required),
                   field("value", &SetModelTag::value, "Value")};
};
struct DeleteModelTag {
    std::string name, key;
    static constexpr auto fields =
        std::tuple{field("name", &DeleteModelTag::name, "Registered model", required),
                   field("key", &DeleteModelTag::key, "Tag", required)};
};
struct SetVersionTag {
    std::string name, version, key, value;
    static constexpr auto fields =
        std::tuple{field("name", &SetVersionTag::name, "Registered model", required),
                   field("version", &SetVersionTag::version, "Number", required),
                   field("key", &SetVersionTag::key, "Tag", required),
                   field("value", &SetVersionTag::value, "Value")};
};
struct DeleteVersionTag {
    std::string name, version, key;
    static constexpr auto fields =
        std::tuple{field("name", &DeleteVersionTag::name, "Registered model", required),
                   field("version", &DeleteVersionTag::version, "Number", required),
                   field("key", &DeleteVersionTag::key, "Tag", required)};
};
struct SetAlias {
    std::string name, alias, version;
    static constexpr auto fields =
        std::tuple{field("name", &SetAlias::name, "Registered model", required),
                   field("alias", &SetAlias::alias, "Alias", required),
                   field("version", &SetAlias::version, "What it points to", required)};
};
struct AliasRef {
    std::string name, alias;
    static constexpr auto fields =
        std::tuple{field("name", &AliasRef::name, "Registered model", required),
                   field("alias", &AliasRef::alias, "Alias", required)};
};

class RegistryApi {
  public:
    RegistryApi(store::Database& db, const registry::Service& registry)
        : db_(db), registry_(registry) {}

    std::vector<rpc::Row> rows();

    Task<Result<RegisteredModelAnswer>> create(CreateRegisteredModel message, rpc::Context);
    Task<Result<RegisteredModelAnswer>> get(ModelRef message, rpc::Context);
    Task<Result<RegisteredModelAnswer>> rename(RenameRegisteredModel message, rpc::Context);
    Task<Result<RegisteredModelAnswer>> update(UpdateRegisteredModel message, rpc::Context);
    Task<Result<None>> remove(ModelRef message, rpc::Context);
    Task<Result<FoundModels>> search(SearchRegistered message, rpc::Context);
    Task<Result<VersionsAnswer>> latest_versions(GetLatestVersions message, rpc::Context);
    Task<Result<None>> set_tag(SetModelTag message, rpc::Context);
    Task<Result<None>> delete_tag(DeleteModelTag message, rpc::Context);

    Task<Result<ModelVersionAnswer>> create_version(CreateModelVersion message, rpc::Context);
    Task<Result<ModelVersionAnswer>> get_version(VersionRef message, rpc::Context);
    Task<Result<ModelVersionAnswer>> update_version(UpdateModelVersion message, rpc::Context);
    Task<Result<ModelVersionAnswer>> transition_stage(TransitionStage message, rpc::Context);
    Task<Result<None>> delete_version(VersionRef message, rpc::Context);
    Task<Result<DownloadUri>> download_uri(VersionRef message, rpc::Context);
    Task<Result<VersionsAnswer>> search_versions(SearchRegistered message, rpc::Context);
    Task<Result<None>> set_version_tag(SetVersionTag message, rpc::Context);
    Task<Result<None>> delete_version_tag(DeleteVersionTag message, rpc::Context);

    Task<Result<None>> set_alias(SetAlias message, rpc::Context);
    Task<Result<None>> delete_alias(AliasRef message, rpc::Context);
    Task<Result<ModelVersionAnswer>> get_by_alias(AliasRef message, rpc::Context);

  private:
    store::Database& db_;
    const registry::Service& registry_;
};

}  // namespace rondo::api::mlflow
