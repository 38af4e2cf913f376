#include "api/mlflow/logged_models_api.h"

#include "domain/tracking/validation.h"

namespace rondo::api::mlflow {
namespace {

using store::Durability;

constexpr rpc::ObjectField kSource[]{{"run", "source_run_id", rpc::Reach::read}};
constexpr rpc::Permission kCreate{"logged_model.create", rpc::Reach::write, "experiment",
                                  "experiment_id", kSource};
constexpr rpc::Permission kSearch{"logged_model.read", rpc::Reach::search, "experiment",
                                  "experiment_ids"};
constexpr rpc::Permission kRead{"logged_model.read", rpc::Reach::read, "logged_model", "model_id"};
constexpr rpc::Permission kWrite{"logged_model.write", rpc::Reach::write, "logged_model",
                                 "model_id"};
constexpr rpc::Permission kManage{"logged_model.delete", rpc::Reach::manage, "logged_model",
                                  "model_id"};

}  // namespace

std::vector<rpc::Row> LoggedModelsApi::rows() {
    using Api = LoggedModelsApi;
    const std::string base = "/api/2.0/mlflow/logged-models";
    const std::string one = base + "/{model_id}";
    return {
        rpc::post<&Api::create>(base, kCreate, "Start to log a model"),
        rpc::post<&Api::search>(base + "/search", kSearch, "Logged models that match a filter"),
        rpc::get<&Api::get>(one, kRead, "A logged model"),
        rpc::patch<&Api::finalize>(one, kWrite, "Say that its files are complete, or failed"),
        rpc::del<&Api::remove>(one, kManage, "Delete a logged model"),
        rpc::post<&Api::log_params>(one + "/params", kWrite, "Log its params"),
        rpc::patch<&Api::set_tags>(one + "/tags", kWrite, "Set its tags"),
        rpc::del<&Api::delete_tag>(one + "/tags/{tag_key...}", kWrite, "Delete a tag"),
    };
}

Task<Result<LoggedModelAnswer>> LoggedModelsApi::create(CreateLoggedModel message,
                                                        rpc::Context context) {
    tracking::NewLoggedModel wanted{.name = std::move(message.name),
                                    .model_type = std::move(message.model_type),
                                    .source_run_id = std::move(message.source_run_id),
                                    .tags = std::move(message.tags),
                                    .params = std::move(message.params),
                                    .chosen = chosen_for(*context.request)};
    CO_TRY_ASSIGN(wanted.experiment_id, tracking::parse_experiment_id(message.experiment_id));
    co_return co_await db_.write(
        Durability::full,
        [this, wanted = std::move(wanted)](store::Tx& tx) -> Result<LoggedModelAnswer> {
            TRY_ASSIGN(auto model, tracking_.create_logged_model(tx, wanted));
            return LoggedModelAnswer{to_message(std::move(model))};
        });
}

Task<Result<LoggedModelAnswer>> LoggedModelsApi::get(GetLoggedModel message, rpc::Context) {
    co_return co_await db_.read(
        [this, message = std::move(message)](store::Tx& tx) -> Result<LoggedModelAnswer> {
            if (message.allow_deleted) {
                TRY_ASSIGN(auto found, tracking_.find_logged_model(tx, message.model_id));
                if (found) return LoggedModelAnswer{to_message(std::move(*found))};
            }
            TRY_ASSIGN(auto model, tracking_.get_logged_model(tx, message.model_id));
            return LoggedModelAnswer{to_message(std::move(model))};
        });
}

Task<Result<LoggedModelAnswer>> LoggedModelsApi::finalize(FinalizeLoggedModel message,
                                                          rpc::Context) {
    co_return co_await db_.write(
        Durability::full,
        [this, message = std::move(message)](store::Tx& tx) -> Result<LoggedModelAnswer> {
            TRY_ASSIGN(auto model,
                       tracking_.finalize_logged_model(tx, message.model_id, *message.status));
            return LoggedModelAnswer{to_message(std::move(model))};
        });
}

Task<Result<None>> LoggedModelsApi::remove(LoggedModelRef message, rpc::Context) {
    CO_TRY(co_await db_.write(Durability::full,
                              [this, id = std::move(message.model_id)](store::Tx& tx) {
                                  return tracking_.delete_logged_model(tx, id);
                              }));
    co_return None{};
}

Task<Result<FoundLoggedModels>> LoggedModelsApi::search(SearchLoggedModels message,
                                                        rpc::Context context) {
    tracking::LoggedModelQuery query{.filter = std::move(message.filter),
                                     .datasets = std::move(message.datasets),
                                     .order_by = std::move(message.order_by),
                                     .max_results = message.max_results,
                                     .page_token = std::move(message.page_token),
                                     .readable = auth::readable_by(context.request->caller.get())};
    CO_TRY_ASSIGN(query.experiment_ids, tracking::parse_experiment_ids(message.experiment_ids));
    co_return co_await db_.read(
        [this, query = std::move(query)](store::Tx& tx) -> Result<FoundLoggedModels> {
            TRY_ASSIGN(auto page, tracking_.search_logged_models(tx, query));
            FoundLoggedModels found;
            for (auto& model : page.items) found.models.push_back(to_message(std::move(model)));
            found.next_page_token = if_any(std::move(page.next_token));
            return found;
        });
}

Task<Result<None>> LoggedModelsApi::log_params(LogModelParams message, rpc::Context) {
    CO_TRY(
        co_await db_.write(Durability::full, [this, message = std::move(message)](store::Tx& tx) {
            return tracking_.log_model_params(tx, message.model_id, message.params);
        }));
    co_return None{};
}

Task<Result<None>> LoggedModelsApi::set_tags(SetLoggedModelTags message, rpc::Context) {
    CO_TRY(
        co_await db_.write(Durability::full, [this, message = std::move(message)](store::Tx& tx) {
            return tracking_.set_model_tags(tx, message.model_id, message.tags);
        }));
    co_return None{};
}

Task<Result<None>> LoggedModelsApi::delete_tag(LoggedModelTag message, rpc::Context) {
    CO_TRY(
        co_await db_.write(Durability::full, [this, message = std::move(message)](store::Tx& tx) {
            return tracking_.delete_model_tag(tx, message.model_id, message.tag_key);
        }));
    co_return None{};
}

}  // namespace rondo::api::mlflow
