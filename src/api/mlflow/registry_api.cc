#include "api/mlflow/registry_api.h"

#include "base/text.h"

namespace rondo::api::mlflow {
namespace {

using registry::parse_version;
using store::Durability;

// What a page holds when the client does not say.
constexpr int64_t kDefaultModels = 100;
constexpr int64_t kDefaultVersions = 10'000;

constexpr rpc::Permission kCreate{"model.create", rpc::Reach::create, "", ""};
constexpr rpc::Permission kSearch{"model.read", rpc::Reach::search, "", ""};
constexpr rpc::Permission kRead{"model.read", rpc::Reach::read, "model", "name"};
constexpr rpc::Permission kWrite{"model.write", rpc::Reach::write, "model", "name"};
constexpr rpc::Permission kManage{"model.delete", rpc::Reach::manage, "model", "name"};
// Whoever registers files makes them readable to the model's readers.
constexpr rpc::ObjectField kSource[]{{"source", "source", rpc::Reach::read},
                                     {"run", "run_id", rpc::Reach::read},
                                     {"logged_model", "model_id", rpc::Reach::read}};
constexpr rpc::Permission kRegister{"model.register", rpc::Reach::write, "model", "name", kSource};

registry::RegistryQuery query_of(SearchRegistered message, int64_t default_page,
                                 const rpc::Context& context) {
    return {std::move(message.filter), std::move(message.order_by),
            message.max_results.value_or(default_page), std::move(message.page_token),
            auth::readable_by(context.request->caller.get())};
}

}  // namespace

std::vector<rpc::Row> RegistryApi::rows() {
    using Api = RegistryApi;
    const std::string models = "/api/2.0/mlflow/registered-models/";
    const std::string versions = "/api/2.0/mlflow/model-versions/";
    return {
        rpc::post<&Api::create>(models + "create", kCreate, "Register a model"),
        rpc::get<&Api::get>(models + "get", kRead, "A model with its latest versions"),
        rpc::post<&Api::rename>(models + "rename", kWrite, "Rename a model"),
        rpc::patch<&Api::update>(models + "update", kWrite, "Describe a model"),
        rpc::del<&Api::remove>(models + "delete", kManage, "Delete a model with its versions"),
        rpc::get<&Api::search>(models + "search", kSearch, "Models that match a filter"),
        rpc::post<&Api::latest_versions>(models + "get-latest-versions", kRead,
                                         "The highest version of each stage"),
        rpc::get<&Api::latest_versions>(models + "get-latest-versions", kRead,
                                        "The highest version of each stage"),
        rpc::post<&Api::set_tag>(models + "set-tag", kWrite, "Set a tag of a model"),
        rpc::del<&Api::delete_tag>(models + "delete-tag", kWrite, "Delete a tag of a model"),
        rpc::post<&Api::set_alias>(models + "alias", kWrite, "Point an alias to a version"),
        rpc::del<&Api::delete_alias>(models + "alias", kWrite, "Delete an alias"),
        rpc::get<&Api::get_by_alias>(models + "alias", kRead, "The version behind an alias"),
        rpc::post<&Api::create_version>(versions + "create", kRegister, "Register a version"),
        rpc::get<&Api::get_version>(versions + "get", kRead, "A version"),
        rpc::patch<&Api::update_version>(versions + "update", kWrite, "Describe a version"),
        rpc::post<&Api::transition_stage>(versions + "transition-stage", kWrite,
                                          "Move a version to a stage"),
        rpc::del<&Api::delete_version>(versions + "delete", kManage, "Delete a version"),
        rpc::get<&Api::download_uri>(versions + "get-download-uri", kRead,
                                     "Where the files of a version lie"),
        rpc::get<&Api::search_versions>(versions + "search", kSearch,
                                        "Versions that match a filter"),
        rpc::post<&Api::set_version_tag>(versions + "set-tag", kWrite, "Set a tag of a version"),
        rpc::del<&Api::delete_version_tag>(versions + "delete-tag", kWrite,
                                           "Delete a tag of a version"),
    };
}

Task<Result<RegisteredModelAnswer>> RegistryApi::create(CreateRegisteredModel message,
                                                        rpc::Context context) {
    registry::NewModel wanted{std::move(message.name), std::move(message.description),
                              std::move(message.tags)};
    co_return co_await db_.write(
        Durability::full,
        [this, wanted = std::move(wanted),
         caller = context.request->caller](store::Tx& tx) -> Result<RegisteredModelAnswer> {
            TRY_ASSIGN(auto model, registry_.create_model(tx, wanted));
            TRY(registry_.own(tx, caller.get(), model.name));
            return RegisteredModelAnswer{to_message(std::move(model))};
        });
}

Task<Result<RegisteredModelAnswer>> RegistryApi::get(ModelRef message, rpc::Context) {
    co_return co_await db_.read(
        [this, name = std::move(message.name)](store::Tx& tx) -> Result<RegisteredModelAnswer> {
            TRY_ASSIGN(auto model, registry_.get_model(tx, name));
            return RegisteredModelAnswer{to_message(std::move(model))};
        });
}

Task<Result<RegisteredModelAnswer>> RegistryApi::rename(RenameRegisteredModel message,
                                                        rpc::Context) {
    co_return co_await db_.write(
        Durability::full,
        [this, message = std::move(message)](store::Tx& tx) -> Result<RegisteredModelAnswer> {
            TRY_ASSIGN(auto model, registry_.rename_model(tx, message.name, message.new_name));
            return RegisteredModelAnswer{to_message(std::move(model))};
        });
}

Task<Result<RegisteredModelAnswer>> RegistryApi::update(UpdateRegisteredModel message,
                                                        rpc::Context) {
    co_return co_await db_.write(
        Durability::full,
        [this, message = std::move(message)](store::Tx& tx) -> Result<RegisteredModelAnswer> {
            TRY_ASSIGN(auto model, registry_.describe_model(tx, message.name, message.description));
            return RegisteredModelAnswer{to_message(std::move(model))};
        });
}

Task<Result<None>> RegistryApi::remove(ModelRef message, rpc::Context) {
    CO_TRY(
        co_await db_.write(Durability::full, [this, name = std::move(message.name)](store::Tx& tx) {
            return registry_.delete_model(tx, name);
        }));
    co_return None{};
}

Task<Result<FoundModels>> RegistryApi::search(SearchRegistered message, rpc::Context context) {
    auto query = query_of(std::move(message), kDefaultModels, context);
    co_return co_await db_.read(
        [this, query = std::move(query)](store::Tx& tx) -> Result<FoundModels> {
            TRY_ASSIGN(auto page, registry_.search_models(tx, query));
            FoundModels found;
            for (auto& model : page.items)
                found.registered_models.push_back(to_message(std::move(model)));
            found.next_page_token = if_any(std::move(page.next_token));
            return found;
        });
}

Task<Result<VersionsAnswer>> RegistryApi::latest_versions(GetLatestVersions message, rpc::Context) {
    co_return co_await db_.read(
        [this, message = std::move(message)](store::Tx& tx) -> Result<VersionsAnswer> {
            TRY_ASSIGN(auto found, registry_.latest_versions(tx, message.name, message.stages));
            return VersionsAnswer{to_messages(std::move(found)), {}};
        });
}

Task<Result<None>> RegistryApi::set_tag(SetModelTag message, rpc::Context) {
    CO_TRY(
        co_await db_.write(Durability::full, [this, message = std::move(message)](store::Tx& tx) {
            return registry_.set_model_tag(tx, message.name, {message.key, message.value});
        }));
    co_return None{};
}

Task<Result<None>> RegistryApi::delete_tag(DeleteModelTag message, rpc::Context) {
    CO_TRY(
        co_await db_.write(Durability::full, [this, message = std::move(message)](store::Tx& tx) {
            return registry_.delete_model_tag(tx, message.name, message.key);
        }));
    co_return None{};
}

Task<Result<ModelVersionAnswer>> RegistryApi::create_version(CreateModelVersion message,
                                                             rpc::Context context) {
    registry::NewModelVersion wanted{.name = std::move(message.name),
                                     .source = std::move(message.source),
                                     .run_id = std::move(message.run_id),
                                     .run_link = std::move(message.run_link),
                                     .model_id = std::move(message.model_id),
                                     .tags = std::move(message.tags),
                                     .description = std::move(message.description)};
    if (context.request->chosen) wanted.chosen_number = context.request->chosen->number;
    co_return co_await db_.write(
        Durability::full,
        [this, wanted = std::move(wanted)](store::Tx& tx) -> Result<ModelVersionAnswer> {
            TRY_ASSIGN(auto version, registry_.create_version(tx, wanted));
            return ModelVersionAnswer{to_message(std::move(version))};
        });
}

Task<Result<ModelVersionAnswer>> RegistryApi::get_version(VersionRef message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t number, parse_version(message.version));
    co_return co_await db_.read([this, number, name = std::move(message.name)](
                                    store::Tx& tx) -> Result<ModelVersionAnswer> {
        TRY_ASSIGN(auto version, registry_.get_version(tx, name, number));
        return ModelVersionAnswer{to_message(std::move(version))};
    });
}

Task<Result<ModelVersionAnswer>> RegistryApi::update_version(UpdateModelVersion message,
                                                             rpc::Context) {
    CO_TRY_ASSIGN(const int64_t number, parse_version(message.version));
    co_return co_await db_.write(
        Durability::full,
        [this, number, message = std::move(message)](store::Tx& tx) -> Result<ModelVersionAnswer> {
            TRY_ASSIGN(auto version,
                       registry_.describe_version(tx, message.name, number, message.description));
            return ModelVersionAnswer{to_message(std::move(version))};
        });
}

Task<Result<ModelVersionAnswer>> RegistryApi::transition_stage(TransitionStage message,
                                                               rpc::Context) {
    using Others = registry::Service::Others;
    CO_TRY_ASSIGN(const int64_t number, parse_version(message.version));
    const Others others = message.archive_existing_versions ? Others::archive : Others::stay;
    co_return co_await db_.write(
        Durability::full,
        [this, number, others,
         message = std::move(message)](store::Tx& tx) -> Result<ModelVersionAnswer> {
            TRY_ASSIGN(auto version,
                       registry_.move_to_stage(tx, message.name, number, message.stage, others));
            return ModelVersionAnswer{to_message(std::move(version))};
        });
}

Task<Result<None>> RegistryApi::delete_version(VersionRef message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t number, parse_version(message.version));
    CO_TRY(co_await db_.write(Durability::full,
                              [this, number, name = std::move(message.name)](store::Tx& tx) {
                                  return registry_.delete_version(tx, name, number);
                              }));
    co_return None{};
}

Task<Result<DownloadUri>> RegistryApi::download_uri(VersionRef message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t number, parse_version(message.version));
    co_return co_await db_.read(
        [this, number, name = std::move(message.name)](store::Tx& tx) -> Result<DownloadUri> {
            TRY_ASSIGN(auto version, registry_.get_version(tx, name, number));
            return DownloadUri{std::move(version.storage_location)};
        });
}

Task<Result<VersionsAnswer>> RegistryApi::search_versions(SearchRegistered message,
                                                          rpc::Context context) {
    auto query = query_of(std::move(message), kDefaultVersions, context);
    co_return co_await db_.read(
        [this, query = std::move(query)](store::Tx& tx) -> Result<VersionsAnswer> {
            TRY_ASSIGN(auto page, registry_.search_versions(tx, query));
            return VersionsAnswer{to_messages(std::move(page.items)),
                                  if_any(std::move(page.next_token))};
        });
}

Task<Result<None>> RegistryApi::set_version_tag(SetVersionTag message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t number, parse_version(message.version));
    CO_TRY(co_await db_.write(Durability::full, [this, number,
                                                 message = std::move(message)](store::Tx& tx) {
        return registry_.set_version_tag(tx, message.name, number, {message.key, message.value});
    }));
    co_return None{};
}

Task<Result<None>> RegistryApi::delete_version_tag(DeleteVersionTag message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t number, parse_version(message.version));
    CO_TRY(co_await db_.write(
        Durability::full, [this, number, message = std::move(message)](store::Tx& tx) {
            return registry_.delete_version_tag(tx, message.name, number, message.key);
        }));
    co_return None{};
}

Task<Result<None>> RegistryApi::set_alias(SetAlias message, rpc::Context) {
    CO_TRY_ASSIGN(const int64_t number, parse_version(message.version));
    CO_TRY(co_await db_.write(
        Durability::full, [this, number, message = std::move(message)](store::Tx& tx) {
            return registry_.set_alias(tx, message.name, message.alias, number);
        }));
    co_return None{};
}

Task<Result<None>> RegistryApi::delete_alias(AliasRef message, rpc::Context) {
    CO_TRY(
        co_await db_.write(Durability::full, [this, message = std::move(message)](store::Tx& tx) {
            return registry_.delete_alias(tx, message.name, message.alias);
        }));
    co_return None{};
}

Task<Result<ModelVersionAnswer>> RegistryApi::get_by_alias(AliasRef message, rpc::Context) {
    co_return co_await db_.read(
        [this, message = std::move(message)](store::Tx& tx) -> Result<ModelVersionAnswer> {
            TRY_ASSIGN(auto version, registry_.version_by_alias(tx, message.name, message.alias));
            // Clients tell a missing alias from a missing model by this being 400.
            if (!version)
                return fail(Code::invalid,
                            "Registered model alias " + message.alias + " not found.", "alias");
            return ModelVersionAnswer{to_message(std::move(*version))};
        });
}

}  // namespace rondo::api::mlflow
